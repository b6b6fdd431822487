"""The day of the lunar month, by which village markets are held.

A month of the Vietnamese calendar begins on the day, by the clock of Vietnam (UTC+7), on which the new moon falls.
The time of the new moon is that of Meeus, Astronomical Algorithms, chapter 49, largest terms: good to some minutes.
"""

from datetime import date
from math import floor, radians, sin

MONTH = 29.530588861
FIRST = 2451550.09766  # Julian day (TT) of the new moon of 6 January 2000
JULIAN_OF_ORDINAL = 1721424.5  # Julian day at 0:00 UTC of the proleptic Gregorian day number 0
ZONE = 7 / 24
DELTA_T = 70 / 86400  # TT - UT, in days; some seconds wrong over this century


def lunar_day(day: date) -> int:
    """1 to 30."""
    ordinal = day.toordinal()
    number = floor((ordinal + JULIAN_OF_ORDINAL - FIRST) / MONTH) + 1
    while _begin(number) > ordinal:
        number -= 1
    return ordinal - _begin(number) + 1


def _begin(number: int) -> int:
    """The day, as an ordinal, on which a new moon falls in Vietnam."""
    return floor(new_moon(number) - DELTA_T + ZONE - JULIAN_OF_ORDINAL)


def new_moon(number: int) -> float:
    """The Julian day (TT) of a new moon, counted from the one of 6 January 2000."""
    t = number / 1236.85
    mean = FIRST + MONTH * number + 0.00015437 * t**2
    e = 1 - 0.002516 * t - 0.0000074 * t**2
    sun = radians(2.5534 + 29.10535670 * number)
    moon = radians(201.5643 + 385.81693528 * number + 0.0107582 * t**2)
    latitude = radians(160.7108 + 390.67050284 * number - 0.0016118 * t**2)
    node = radians(124.7746 - 1.56375588 * number)
    return mean + (
        -0.40720 * sin(moon)
        + 0.17241 * e * sin(sun)
        + 0.01608 * sin(2 * moon)
        + 0.01039 * sin(2 * latitude)
        + 0.00739 * e * sin(moon - sun)
        - 0.00514 * e * sin(moon + sun)
        + 0.00208 * e**2 * sin(2 * sun)
        - 0.00111 * sin(moon - 2 * latitude)
        - 0.00057 * sin(moon + 2 * latitude)
        + 0.00056 * e * sin(2 * moon + sun)
        - 0.00042 * sin(3 * moon)
        + 0.00042 * e * sin(sun + 2 * latitude)
        + 0.00038 * e * sin(sun - 2 * latitude)
        - 0.00024 * e * sin(2 * moon - sun)
        - 0.00017 * sin(node)
    )
