"""Half working days as spreadsheets and people write them."""

import pytest

from services.catalog import column_values
from standards import limits
from yiwang.catalog.v1 import service_pb2 as pb


@pytest.mark.parametrize(
    ("text", "amount"),
    [("半个工作日", 1), ("半天", 1), ("0.5个工作日", 1), ("0.5 工作日", 1), ("1.5个工作日内", 3)],
)
def test_half_a_day_is_a_limit(text: str, amount: int) -> None:
    read = column_values.limit(text)
    assert read == {"amount": amount, "unit": pb.TIME_UNIT_HALF_DAY}
    assert limits.working_days(amount, pb.TIME_UNIT_HALF_DAY) == limits.DAYS[pb.TIME_UNIT_WORKING_DAY] * amount / 2


@pytest.mark.parametrize("text", ["0.25个工作日", "半个月", "半"])
def test_other_parts_of_a_day_are_none(text: str) -> None:
    with pytest.raises(ValueError):
        column_values.limit(text)


def test_whole_days_are_told_as_whole_ones() -> None:
    assert [limits.half_days(amount) for amount in (1, 2, 3)] == ["半个工作日", "1个工作日", "1.5个工作日"]
    assert column_values.limit("2.0个工作日") == {"amount": 2, "unit": pb.TIME_UNIT_WORKING_DAY}
