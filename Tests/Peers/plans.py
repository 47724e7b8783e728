"""Southern California Edison's plans of 2015 in region 10, from the utility's own page.

Written by hand from what was printed, and from nothing of the package: prices in dollars a
kilowatt-hour, limits in kilowatt-hours a day. Months count from 0; summer is June to September.
"""

WINTER, SUMMER = 0, 1
ALLOTMENT = {WINTER: 11.0, SUMMER: 15.5}


def season(month):
    return SUMMER if 5 <= month <= 8 else WINTER


def on_peak(start, end):
    """One period for weekdays from start to end, another for all other hours."""
    return lambda weekday, hour: 0 if weekday and start <= hour < end else 1


def three_periods(weekday, hour):
    if hour < 8 or hour >= 22:
        return 2
    return 0 if weekday and 14 <= hour < 20 else 1


# By plan: the hour's period, upper limits in parts of the allotment, and prices by season, period
# and tier. The credit of TOU-D-A, ten cents up to the allotment, is a first tier that is cheaper by
# as much; where several periods share tiers, they are pooled and shared by usage.
PLANS = {
    "D": (lambda weekday, hour: 0, (1.0, 1.3, 2.0),
          {season: [[0.15, 0.19, 0.25, 0.31]] for season in (WINTER, SUMMER)}),
    "TOU-D-A": (three_periods, (1.0,),
                {WINTER: [[0.26, 0.36], [0.16, 0.26], [0.01, 0.11]],
                 SUMMER: [[0.36, 0.46], [0.20, 0.30], [0.01, 0.11]]}),
    "TOU-D-B": (three_periods, (),
                {WINTER: [[0.25], [0.14], [0.11]], SUMMER: [[0.35], [0.18], [0.11]]}),
    "TOU-D-T": (on_peak(12, 18), (1.3,),
                {WINTER: [[0.22, 0.35], [0.13, 0.25]], SUMMER: [[0.34, 0.47], [0.14, 0.26]]}),
}


def schedule(plan, weekday):
    """12 months of 24 hours: the number of the season's period, from 0."""
    period, _, prices = PLANS[plan]
    per_season = len(prices[WINTER])
    return [[season(month) * per_season + period(weekday, hour) for hour in range(24)]
            for month in range(12)]


def tiers(plan):
    """Of each season's periods: (daily limit or None, price) of each tier."""
    _, limits, prices = PLANS[plan]
    found = []
    for at in (WINTER, SUMMER):
        # Decimal texts: the product of two floats is not what the page says.
        daily = [round(ALLOTMENT[at] * part, 3) for part in limits] + [None]
        found += [list(zip(daily, of_period)) for of_period in prices[at]]
    return found
