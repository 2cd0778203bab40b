"""One population in spikes at a time."""

import pytest
import torch
from tests.allocation_examples import example_trace
from torch import nn

from spikedim._core import InputError, NumericsError
from spikedim.response import PopulationErrors, population_errors, response_trace


def seeded(number=0):
    return torch.Generator().manual_seed(number)


def linear(*shapes):
    """Return layers of fixed weights with sigmoids between them."""
    layers = []
    for index, (rows, columns) in enumerate(shapes):
        layer = nn.Linear(rows, columns)
        with torch.no_grad():
            layer.weight.copy_(torch.randn(columns, rows, generator=seeded(index)))
            layer.bias.zero_()
        layers += [layer, nn.Sigmoid()]
    return nn.Sequential(*layers[:-1])


class Largest(nn.Module):
    """The largest of rates that are all tied, which noise only raises."""

    def __init__(self):
        super().__init__()
        self.rates = nn.Identity()

    def forward(self, x):
        return self.rates(x).max(dim=1, keepdim=True).values


def test_linear_readouts_keep_the_first_order():
    model, x = linear((4, 6), (6, 3)), torch.rand(256, 4, generator=seeded())
    trace = response_trace(model, x, populations=["1"])
    found = population_errors(
        model, x, trace=trace, steps=4, populations=["1"], passes=4, generator=seeded(1)
    )
    (row,) = found.populations
    assert abs(row.ratio - 1) < 4 * row.ratio_deviation + 0.02
    assert row.trace == pytest.approx(4 * row.squared_error)
    assert found.traces == {"1": row.trace}
    assert found.total == pytest.approx(row.squared_error)


def test_maxima_of_ties_break_it():
    model, x = Largest(), torch.full((64, 16), 0.5)
    trace = response_trace(model, x, populations=["rates"])
    found = population_errors(model, x, trace=trace, steps=16, populations=["rates"])
    assert found.populations[0].ratio > 3  # the first order sees one of them, or their mean


def test_steps_by_name_and_codes_that_draw_nothing():
    model, x = linear((4, 6), (6, 5), (5, 3)), torch.rand(8, 4, generator=seeded())
    names = ["1", "3"]
    trace = response_trace(model, x, populations=names, code="sigma_delta")
    found = population_errors(model, x, trace=trace, steps={"1": 8, "3": 32}, populations=names)
    again = population_errors(
        model, x, trace=trace, steps={"1": 8, "3": 32}, populations=names, generator=seeded(5)
    )
    assert [row.steps for row in found.populations] == [8, 32]
    assert found.populations == again.populations
    assert found.exponent == 2
    assert found.populations[1].trace == pytest.approx(32**2 * found.populations[1].squared_error)
    assert PopulationErrors.from_json(found.to_json()) == found


def test_silent_populations_have_no_ratio():
    model = nn.Linear(3, 2)
    x = torch.ones(4, 3)  # rates of 1 are sent without error
    trace = response_trace(model, x)
    (row,) = population_errors(model, x, trace=trace, steps=2).populations
    assert (row.squared_error, row.ratio, row.ratio_deviation) == (0.0, None, None)


def test_draws_of_one_population_do_not_depend_on_the_others():
    model, x = linear((4, 6), (6, 5), (5, 3)), torch.rand(8, 4, generator=seeded())
    names = ["1", "3"]
    trace = response_trace(model, x, populations=names)
    one, other = (
        population_errors(model, x, trace=trace, steps={"1": t, "3": 32}, populations=names)
        for t in (1, 8)
    )
    assert one.populations[0] != other.populations[0]
    assert one.populations[1] == other.populations[1]


def test_a_deterministic_code_runs_once():
    model, x = nn.Linear(3, 2), torch.rand(4, 3, generator=seeded())
    trace = response_trace(model, x, code="sigma_delta")
    assert population_errors(model, x, trace=trace, steps=3, passes=5).passes == 1


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"trace": None}, r"^population_errors: `trace` must be a ResponseTrace; got NoneType"),
        ({"steps": True}, r"`steps` must be an integer >= 1; got True"),
        ({"steps": 10**400}, r"`steps` must be at most 2\*\*50"),
        ({"generator": 3}, r"`generator` must be a torch.Generator; got int"),
        ({"memory_budget": "x"}, r"^population_errors: `memory_budget` must be a positive size"),
    ],
)
def test_wrong_arguments(changes, message):
    model, x = nn.Linear(3, 2), torch.rand(4, 3, generator=seeded())
    given = {"trace": response_trace(model, x), "steps": 2} | changes
    with pytest.raises(InputError, match=message):
        population_errors(model, x, **given)


def test_doors():
    model, x = nn.Linear(3, 2), torch.rand(4, 3, generator=seeded())
    trace = response_trace(model, x)
    with pytest.raises(InputError, match=r"`steps` must name every population.*'other'"):
        population_errors(model, x, trace=trace, steps={"input": 2, "other": 3})
    with pytest.raises(InputError, match=r"`steps` must be"):
        population_errors(model, x, trace=trace, steps=0)
    with pytest.raises(InputError, match=r"`passes` must be"):
        population_errors(model, x, trace=trace, steps=2, passes=0)
    with pytest.raises(InputError, match=r"`model` must have the populations of `trace`.*'p0'"):
        population_errors(model, x, trace=example_trace([1], [1]), steps=2)


def test_outputs_that_overflow():
    model, x = nn.Linear(3, 2), torch.full((4, 3), 0.9)
    trace = response_trace(model, x)
    with torch.no_grad():
        model.weight.fill_(3e38)
    with pytest.raises(NumericsError, match=r"outputs must be finite"):
        population_errors(model, x, trace=trace, steps=2)
