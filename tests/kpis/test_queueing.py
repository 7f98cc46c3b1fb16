from ccml.kpis.measure import measure
from ccml.kpis.queueing import volume


def values(table, figures):
    tidy = measure(table, figures)
    short = tidy["variant"].str.split(":").str[0]
    return dict(zip(tidy["kpi"] + " " + short, tidy["value"], strict=True))


def test_volume_counts_directions_and_unknown_callers(calls):
    table = calls({}, {"customer_id": None}, {"direction": "outbound"})
    found = values(table, volume(table))
    assert found["calls all directions"] == 3
    assert found["calls inbound"] == 2
    assert found["calls outbound"] == 1
    unknown = [value for name, value in found.items() if name.startswith("unknown")]
    assert unknown == [0.5]
