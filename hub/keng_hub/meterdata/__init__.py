"""From raw readings to accepted ones: twelve steps, what people decide, what follows (docs/design/meter-data.md).

Pages use `profile`, `totals`, `rates`, `questions`, `corrections`, `feeders`, `voltage`, `outages`, `completeness`,
`previews` (files of readings, by `files`, `names` and `imports`) and `exports`: functions of a connection, times in
UTC ms, energy in Wh. Where several meters are meant they take `scope`, a condition on `device` joined with `node` such
as `permissions.sees_device(account)`; where one is meant the caller has looked whether the account may see it. What
people change is judged within a minute, by `judge`.
"""
