"""Numbers read alike wherever they stand."""

import pytest

from hw4.report.reading.numerals import figure, padded, percent, share, signed


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.03223, "0.0322"),
        (-0.5, "−0.5"),
        ("inf", "∞"),
        ("-inf", "−∞"),
        (1e-4, "0.0001"),
        (1e-7, "1e−7"),
        (1e9, "1e9"),
    ],
)
def test_a_figure_has_three_digits(value, text):
    assert figure(value) == text


def test_a_difference_has_its_sign():
    assert [signed(value) for value in (0.5, -0.5, 0.0, -0.0, "inf", "-inf")] == [
        *("+0.5", "−0.5", "0", "0", "+∞", "−∞")
    ]
    assert signed("nan") == "both diverged"


@pytest.mark.parametrize(
    ("text", "same_length"),
    [
        ("+0.25", "+0.250"),
        ("×1", "×1.00"),
        ("−17.2", "−17.2"),
        ("+0.002", "+0.00200"),
        ("10", "10.0"),
        ("1234", "1234"),
        ("0", "0"),
        ("+∞", "+∞"),
        ("94 %", "94 %"),
        ("+1.2e6", "+1.2e6"),
        ("both diverged", "both diverged"),
    ],
)
def test_a_number_is_padded_to_three_digits(text, same_length):
    assert padded(text) == same_length


def test_a_fraction_is_said_in_hundredths():
    assert [percent(value) for value in (0.05, 0.1, 0.29, 7.5e-5)] == [
        *("5 %", "10 %", "29 %", "0.0075 %")
    ]
    assert percent(0.9999, 4) == "99.99 %"
    assert [share(value) for value in (0, 0.4593, 1)] == ["0 %", "46 %", "100 %"]


@pytest.mark.parametrize(
    ("part", "said", "of_seeds"),
    [
        (0.99994, "99.99 %", "99.99 %"),
        (0.999999, "99.99 %", "99.99 %"),
        (1 - 1 / 300, "99.7 %", "99.7 %"),
        (1 / 300, "0.333 %", "0.3 %"),
        (0.9996, "99.96 %", "99.96 %"),
    ],
)
def test_what_is_not_all_is_not_said_to_be(part, said, of_seeds):
    """Nor is what is something said to be nothing."""
    assert percent(part) == said
    assert share(part) == of_seeds
    assert float(percent(part, 1).removesuffix(" %")) < 100
