"""From raw readings to accepted ones: twelve steps, what people decide, what follows (docs/design/meter-data.md).

Pages use `profile`, `totals`, `questions`, `corrections`, `feeders`, `voltage`, `outages`, `completeness`, `imports`.
"""
