#!/usr/bin/env bash
# Where the time goes, by the type or the C function that a sample falls into: needs `perf`.
#
#   profile.sh [replay|verify|ingest] [METERS] [DAYS]
#
# Groups are the names of the sources' own types, taken from the symbols, so that they stay true as
# the code changes. A function that was inlined counts for the one that it was inlined into.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
what=${1:-replay} meters=${2:-100000} days=${3:-30}
wattbook=${WATTBOOK:-$here/.build/release/wattbook}
[ -x "$wattbook" ] || { echo "build it: swift build -c release --product wattbook" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

"$wattbook" init books
"$wattbook" tariff publish books --builtin sce >tariff.txt
"$wattbook" simulate reads.csv --meters "$meters" --days "$days" --start 2015-07-01
"$wattbook" enroll books --file reads.csv.accounts.csv >enroll.txt
case $what in
  ingest) command=(ingest books reads.csv) ;;
  replay) "$wattbook" ingest books reads.csv; command=(replay books --threads 1) ;;
  verify) "$wattbook" ingest books reads.csv; command=(verify books) ;;
  *) echo "replay, verify or ingest, not '$what'" >&2; exit 2 ;;
esac
perf record --quiet --freq 5000 --output perf.data "$wattbook" "${command[@]}"

printf '\n| %s, %s accounts x %s days | share |\n|---|---:|\n' "$what" "$meters" "$days"
perf report --stdio --no-children --percent-limit 0 --sort dso,symbol --input perf.data 2>perf.err |
  grep -E '^ +[0-9]' | swift demangle | awk '
    {
      share = $1; dso = $2; $1 = $2 = ""; name = $0
      if (dso ~ /kernel/) group = "the kernel: files, memory"
      else if (name ~ /LZ4/) group = "LZ4"
      else if (name ~ /crc32c|\] hardware/) group = "CRC-32C"
      else if (tolower(name) ~ /sha256|sha512/) group = "SHA-256"
      else if (name ~ /mem(cpy|move|set|cmp|chr)/) group = "copying and clearing memory"
      else if (name ~ /malloc|free|unlink_chunk|swift_(alloc|dealloc|slow)/) group = "allocating"
      else if (name ~ /swift_(retain|release|bridge|isUnique)|RefCounts/) group = "reference counts"
      else if (name ~ /swift_(get|conforms|instant)/) group = "the runtime\x27s types"
      else if (match(name, /(Quantities|Tariff|Journal|Billing|Interchange|WattbookCLI|SwiftProtobuf|Swift)\.[A-Za-z]+/))
        group = substr(name, RSTART, RLENGTH)
      else {
        sub(/^ *\[[^]]*\] */, "", name)
        sub(/[ -]+$/, "", name)
        group = substr(name, 1, 40)
      }
      shares[group] += share
    }
    END {
      for (group in shares)
        if (shares[group] >= 0.5) printf "| %s | %.1f %% |\n", group, shares[group]
        else rest += shares[group]
      printf "| all others | %.1f %% |\n", rest
    }' | sort -t'|' -k3 -rn
