// The machine's limit for a replay: the journal's own bytes, decoded by liblz4 and added up in plain
// loops. Written from Journal/FORMAT.md alone, so that nothing of ours can make it slow.
#include "climit.h"

#include <lz4.h>
#include <lz4frame.h>
#include <string.h>

static uint32_t u32(const uint8_t *at) {
  uint32_t value;
  memcpy(&value, at, 4);
  return value;
}

/// On-peak is 14:00 to 20:00 and super off-peak 22:00 to 08:00.
static const uint32_t masks[2][24] = {
    [0] = {[14 ... 19] = ~0u},
    [1] = {[0 ... 7] = ~0u, [22 ... 23] = ~0u},
};

static void add_row(const uint8_t *low, const uint8_t *high, climit_sums *sums) {
  uint32_t all = 0, first = 0, second = 0;
  for (int hour = 0; hour < 24; hour++) {
    uint32_t value = low[hour] | (uint32_t)high[hour] << 8;
    all += value;
    first += value & masks[0][hour];
    second += value & masks[1][hour];
  }
  sums->sums[0] += all;
  sums->sums[1] += first;
  sums->sums[2] += second;
}

static void add(const uint8_t *content, size_t length, climit_sums *sums) {
  if (length < 40 || memcmp(content, "WBR2", 4) != 0) return;
  uint8_t bits = content[5];
  uint16_t values;
  memcpy(&values, content + 8, 2);
  size_t rows = u32(content + 12), start = 40 + (size_t)u32(content + 28) * 6;
  size_t stride = bits == 16 ? 24 : bits == 12 ? 12 : 0;
  if (values != 24 || length < start + rows * (24 + stride)) return;
  const uint8_t *low = content + start, *high = low + rows * 24;
  uint8_t unpacked[24] = {0};
  for (size_t row = 0; row < rows; row++, low += 24, high += stride) {
    if (bits == 12)
      for (int pair = 0; pair < 12; pair++) {
        unpacked[pair * 2] = high[pair] & 15;
        unpacked[pair * 2 + 1] = high[pair] >> 4;
      }
    add_row(low, bits == 16 ? high : unpacked, sums);
  }
  sums->rows += (int64_t)rows;
}

int64_t climit_decode(const uint8_t *segment, size_t length, uint8_t *content, size_t capacity,
                      climit_sums *sums) {
  size_t at = 0;
  int64_t total = 0;
  while (at + 8 <= length) {
    uint32_t magic = u32(segment + at);
    if (magic >> 4 == 0x184D2A5) {  // skippable: a header or the footer
      at += 8 + (size_t)u32(segment + at + 4);
      continue;
    }
    if (magic != 0x184D2204) return -1;
    uint8_t flags = segment[at + 4];
    at += 4 + 2 + (flags & 8 ? 8 : 0) + (flags & 1 ? 4 : 0) + 1;
    size_t decoded = 0;
    for (;;) {
      if (at + 4 > length) return -1;
      uint32_t size = u32(segment + at);
      at += 4;
      if (size == 0) break;
      size_t stored = size & 0x7FFFFFFF;
      if (stored > length - at) return -1;
      if (size >> 31) {
        if (stored > capacity - decoded) return -1;
        memcpy(content + decoded, segment + at, stored);
        decoded += stored;
      } else {
        int count = LZ4_decompress_safe((const char *)segment + at, (char *)content + decoded,
                                        (int)stored, (int)(capacity - decoded));
        if (count < 0) return -1;
        decoded += (size_t)count;
      }
      at += stored + (flags & 16 ? 4 : 0);
    }
    at += flags & 4 ? 4 : 0;
    total += (int64_t)decoded;
    if (sums) add(content, decoded, sums);
  }
  return at == length ? total : -1;
}

static LZ4F_preferences_t preferences(size_t length) {
  LZ4F_preferences_t chosen = LZ4F_INIT_PREFERENCES;
  chosen.frameInfo.blockMode = LZ4F_blockIndependent;
  chosen.frameInfo.blockSizeID = length > 1 << 20 ? LZ4F_max4MB : LZ4F_max1MB;
  chosen.frameInfo.contentSize = length;
  return chosen;
}

size_t climit_bound(size_t length) {
  LZ4F_preferences_t chosen = preferences(length);
  return LZ4F_compressFrameBound(length, &chosen);
}

int64_t climit_compress(const uint8_t *content, size_t length, uint8_t *frame, size_t capacity) {
  LZ4F_preferences_t chosen = preferences(length);
  size_t count = LZ4F_compressFrame(frame, capacity, content, length, &chosen);
  return LZ4F_isError(count) ? -1 : (int64_t)count;
}
