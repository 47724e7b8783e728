"""Prices a year of hourly values with NREL's PySAM, Utilityrate5.

    python3 pysam_year.py PLAN LOAD [REPETITIONS]

LOAD is a file of 8,760 lines of whole watt-hours. Its calendar has 365 days of 24 hours, 1 January
is a Monday, and there are no holidays. Prints a JSON object with the 12 months' energy charges in
dollars and, when asked to repeat, the seconds that each `execute` took.
"""
import json
import sys
import time

import PySAM.Utilityrate5 as utilityrate

import plans


def model(plan, load):
    year = utilityrate.new()
    year.Lifetime.analysis_period = 1
    year.Lifetime.inflation_rate = 0
    year.Lifetime.system_use_lifetime_output = 0
    year.SystemOutput.gen = [0.0] * 8760
    year.SystemOutput.degradation = [0.0]
    year.Load.load = load
    year.Load.load_escalation = [0.0]
    rates = year.ElectricityRates
    rates.en_electricity_rates = 1
    rates.rate_escalation = [0.0]
    # Net metering, kilowatt-hours carried over: tiers are pooled over the periods of a month.
    rates.ur_metering_option = 0
    rates.ur_nm_yearend_sell_rate = 0
    rates.ur_sell_eq_buy = 0
    rates.ur_monthly_fixed_charge = 0
    rates.ur_monthly_min_charge = 0
    rates.ur_annual_min_charge = 0
    rates.ur_en_ts_buy_rate = 0
    rates.ur_en_ts_sell_rate = 0
    rates.ur_dc_enable = 0
    # PySAM counts periods and tiers from 1; unit 2 is kilowatt-hours a day.
    for name, weekday in (("weekday", True), ("weekend", False)):
        setattr(rates, f"ur_ec_sched_{name}",
                [[period + 1 for period in hours] for hours in plans.schedule(plan, weekday)])
    rates.ur_ec_tou_mat = [
        [period + 1, tier + 1, 1e38 if limit is None else limit, 2, price, 0.0]
        for period, ladder in enumerate(plans.tiers(plan))
        for tier, (limit, price) in enumerate(ladder)]
    return year


def main(plan, path, repetitions=1):
    with open(path) as file:
        load = [int(line) / 1000 for line in file]
    assert len(load) == 8760, f"{path} has {len(load)} values, not 8760"
    year = model(plan, load)
    seconds = []
    for _ in range(int(repetitions)):
        start = time.perf_counter()
        year.execute(0)
        seconds.append(time.perf_counter() - start)
    months = year.Outputs.charge_wo_sys_ec_ym[1]
    print(json.dumps({"months": list(months), "seconds": seconds}))


if __name__ == "__main__":
    main(*sys.argv[1:])
