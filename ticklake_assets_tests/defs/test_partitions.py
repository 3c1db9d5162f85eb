import dagster as dg

from ticklake_assets.defs.partitions import LOOKBACK_DAYS, SYMBOL_DAY, days_before


def upstream_days(mapping: dg.MultiPartitionMapping, key: str) -> list[str]:
    subset = SYMBOL_DAY.subset_with_partition_keys([key])
    found = mapping.get_upstream_mapped_partitions_result_for_partitions(subset, SYMBOL_DAY, SYMBOL_DAY)
    return sorted(found.partitions_subset.get_partition_keys())


def test_an_as_of_day_sees_the_days_before_it_and_neither_itself_nor_another_symbol() -> None:
    days = upstream_days(days_before(16), "GBPJPY|2012-12-31")
    assert (days[0], days[-1], len(days)) == ("GBPJPY|2012-12-15", "GBPJPY|2012-12-30", 16)


def test_a_walk_forward_sees_its_own_as_of_day_too() -> None:
    assert upstream_days(days_before(3, through_as_of=True), "EURUSD|2024-01-04")[-1] == "EURUSD|2024-01-04"


def test_the_number_of_partitions_is_what_dagster_recommends() -> None:
    assert len(SYMBOL_DAY.get_partition_keys()) < 100_000
    assert LOOKBACK_DAYS == 80
