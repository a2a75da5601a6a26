from entries import entry

from hw4.report.reading.order import natural


def test_claims_come_in_the_order_in_which_people_count():
    instances = ["1M", "16k", "1k", "relu-16", "relu-2", "", "0.5", "0.3"]
    records = [entry(instance=each) for each in instances]
    found = [record.instance for record in sorted(records, key=natural)]
    assert found == ["", "0.3", "0.5", "1k", "16k", "1M", "relu-2", "relu-16"]


def test_the_id_comes_before_the_instance():
    records = [entry(id="b", instance="1"), entry(id="a", instance="2")]
    assert [record.id for record in sorted(records, key=natural)] == ["a", "b"]
