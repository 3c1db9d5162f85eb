"""Session settings, and what a session makes of them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlparse

from pyspark.sql import SparkSession

from ticklake_assets.spark.configuration import spark_conf


def test_a_local_session_stays_on_this_machine_and_keeps_quiet() -> None:
    conf = spark_conf("local[4]", "3g", cores=4)
    assert conf["spark.master"] == "local[4]"
    assert conf["spark.driver.memory"] == "3g"
    assert conf["spark.sql.shuffle.partitions"] == "4"
    assert {conf["spark.driver.host"], conf["spark.driver.bindAddress"]} == {"127.0.0.1"}
    assert conf["spark.ui.enabled"] == "false"
    logs = conf["spark.driver.extraJavaOptions"].split("configurationFile=")[1]
    assert Path(unquote(urlparse(logs).path)).is_file()


def test_a_connect_session_gets_only_what_belongs_to_a_session() -> None:
    conf = spark_conf("sc://127.0.0.1:15002", "3g", cores=2)
    assert conf.pop("spark.remote") == "sc://127.0.0.1:15002"
    assert set(conf) == {"spark.sql.session.timeZone", "spark.sql.parquet.outputTimestampType"}


def test_extra_settings_win_and_arguments_stay_as_they_are() -> None:
    extra = {"spark.sql.shuffle.partitions": "7", "spark.hadoop.fs.s3a.endpoint": "http://127.0.0.1:1"}
    conf = spark_conf("local[1]", "1g", 1, extra)
    assert {key: conf[key] for key in extra} == extra
    assert spark_conf("local[1]", "1g", 1)["spark.sql.shuffle.partitions"] == "1"


def test_the_session_is_utc_and_writes_microseconds(spark: SparkSession) -> None:
    assert spark.conf.get("spark.sql.session.timeZone") == "UTC"
    assert spark.conf.get("spark.sql.parquet.outputTimestampType") == "TIMESTAMP_MICROS"
    assert spark.conf.get("spark.sql.adaptive.enabled") == "false"


def test_executors_on_other_machines_reach_the_driver() -> None:
    addresses = {"spark.driver.host", "spark.driver.bindAddress"}
    assert addresses <= set(spark_conf("spark://127.0.0.1:7077", "1g", 1))
    assert not addresses & set(spark_conf("spark://master:7077", "1g", 1))
