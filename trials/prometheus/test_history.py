"""The past that the other trials ask: is it one?"""

from trials.prometheus.history import Past


async def test_a_day_holds_the_park_and_what_went_wrong(day: Past) -> None:
    ask, end = day.prometheus.number, day.end.timestamp()
    assert await ask("count(up) == 1", end) == 1
    whole = (day.end - day.start).total_seconds()
    assert whole == 86_400
    assert await ask("count_over_time(up[1d])", end) in (1440, 1441)
    assert await ask("sum(count_over_time(up[1d]) - sum_over_time(up[1d]))", end) == 5
    assert await ask("sum(increase(heliopost_polls_total{outcome='ok'}[1d]))", end) > 200
    assert await ask("max(max_over_time(heliopost_pv_power_watts[1d]))", end) > 500
    assert await ask("min_over_time(heliopost_mqtt_connected[1d])", end) == 0
    assert await ask("sum(increase(heliopost_points_rejected_total{rule='absurd'}[1d]))", end) > 10
    assert day.prometheus.complaints() == []


async def test_recording_rules_speak_of_the_past_as_well(day: Past) -> None:
    ask, start, end = day.prometheus.query, day.start.timestamp(), day.end.timestamp()
    plants = {sample.labels["plant"] for sample in await ask("heliopost:plant_pv_power_watts", end)}
    assert plants == {f"growatt_plant_{number}" for number in range(1_400_001, 1_400_008)}
    for line in await day.prometheus.query_range("heliopost:plant_self_consumption_today_ratio", start, end, 600):
        assert all(0 <= value <= 1 for _, value in line.points)
