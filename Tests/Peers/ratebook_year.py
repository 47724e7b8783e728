"""Prices a year of hourly values with ratebook, in exact decimals.

    python3 ratebook_year.py PLAN LOAD YEAR

LOAD is a file of 8,760 lines of whole watt-hours, on the weekdays of YEAR; ratebook knows neither
holidays nor a change of clocks. It gives each time-of-use period a ladder of tiers of its own, so
on TOU-D-A the credit is left out. Prints a JSON list of the 12 months' energy charges in dollars,
as decimal texts.
"""
import json
import sys

import ratebook

import plans


def main(plan, path, year):
    with open(path) as file:
        load = [f"{int(line) // 1000}.{int(line) % 1000:03}" for line in file]
    periods = []
    for ladder in plans.tiers(plan):
        if plan == "TOU-D-A":
            ladder = ladder[-1:]
        periods.append({"tiers": [
            {"rate": f"{price:.2f}", "max": None if limit is None else f"{limit:.3f}",
             "max_unit": "kWh daily"} for limit, price in ladder]})
    tariff = ratebook.Tariff.from_json({
        "energy": {"periods": periods},
        "schedule": {name: plans.schedule(plan, name == "weekday") for name in ("weekday", "weekend")},
    })
    result = ratebook.estimate_annual(tariff, load, int(year))
    assert result.ok, result.refusal
    json.dump([str(window.energy_charge) for window in result.windows], sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
