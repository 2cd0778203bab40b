"""K of a network: how far the noise of its rate code moves its outputs."""

from collections.abc import Sequence

import torch
from torch import Tensor

from spikedim._core import (
    DEFAULT_MEMORY_BUDGET,
    AbstractProgress,
    InputError,
    SilentProgress,
    check_choice,
    check_integer,
    parse_bytes,
)
from spikedim.circuits import RateCode
from spikedim.response.networks import (
    AbstractRateNetwork,
    NetworkLike,
    check_generator,
    check_inputs,
    check_weights,
    fingerprint_tensor,
    fingerprint_weights,
    rate_network,
)
from spikedim.response.trace._batch_sums import BatchSums
from spikedim.response.trace._directions import sample_seeds, signs
from spikedim.response.trace._largest_gain import largest_gain
from spikedim.response.trace._make_trace import Gains, make_trace
from spikedim.response.trace._room import exact_room, measure, probed_room
from spikedim.response.trace._trace_result import ResponseTrace

__all__ = ["response_trace"]

_CALLER = "response_trace"
_EXACT_OUTPUTS = 128  # more are probed unless asked otherwise
_PROBES = 32
_ROUNDS = 10, 30  # of power iteration: as many as probes, between these
_GAIN_SAMPLES = 8  # whose largest gain power iteration looks for when outputs are probed


def response_trace(
    model: NetworkLike,
    x: Tensor,
    *,
    populations: Sequence[str] | None = None,
    code: RateCode | str = RateCode.BERNOULLI,
    probes: int | None = None,
    batch_size: int | None = None,
    generator: torch.Generator | None = None,
    memory_budget: int | str = DEFAULT_MEMORY_BUDGET,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
    command: str | None = None,
) -> ResponseTrace:
    r"""Squared error that spike noise makes in the outputs, to first order, by population.

    With the rates x_l of all populations, the noise D_l / T^p of the code at x_l, and the
    derivative J_l of the outputs by x_l,

    .. math:: T^p \, \mathbb{E} \lVert \hat f - f \rVert^2 \to
        K = \sum_l \operatorname{tr}(J_l D_l J_l^T).

    Nothing is simulated or fitted.

    Parameters
    ----------
    model : torch.nn.Module, a rate-coded twin, a circuit or a network of rates
        Run in evaluation mode; afterwards mode, gradients and flags are as before.
    x : Tensor of shape [S, ...]
        Inputs as the model reads them.
    populations : sequence of str, optional
        Submodules of a plain module whose outputs are rates in [0, 1], features last; without
        them its input is the one population. Twins know theirs.
    code : RateCode or str, default "bernoulli"
        Code of every population: D = x (1 - x), p = 1 of independent spikes; D = 1/12
        (``"sigma_delta"``) or 1/6 (``"random_phase"``) where 0 < x < 1, p = 2.
    probes : int, optional
        Random directions of the outputs to look at in place of all outputs, at least 1; 32 for
        more than 128 outputs, none for fewer.
    batch_size : int, optional
        Samples that run together; as many as fit into the budget, 16 at most, without it.
    generator : torch.Generator, optional
        Draws the directions; one of seed 0 without it.
    memory_budget : int or str, default 2 GB
        What graphs, gradients and results may take beside the model and `x`.
    progress : AbstractProgress
        Told of every batch.
    command : str, optional
        What to write into the provenance.

    Returns
    -------
    ResponseTrace
        ``value`` is K >= 0 and ``populations`` its parts; with all outputs looked at also the
        covariance of the outputs of every sample.

    Raises
    ------
    InputError
        If the model is not rate-coded or has rates outside [0, 1], answers samples jointly, `x`
        does not fit it, a parameter is out of its range, or the budget holds not one sample.
    NumericsError
        If weights, rates, outputs or derivatives are not finite.

    See Also
    --------
    coherent_error : Deterministic codes at a given T, signs of the errors included.

    Notes
    -----
    Cost: one forward pass with a graph and a backward pass to all rates for each of m outputs or
    P probes: roughly three or four plain forward passes for each on one core. Probed outputs add
    power iterations on the first 8 samples: 10 to 30 rounds of a forward and a backward
    derivative, twice.
    Gradients have the type of the weights, sums are float64.

    First order means T large and a derivative at the data: at small T networks saturate, and
    where rectifiers have their kink at the data, or maxima run over tied rates, there is no
    derivative and T^p times the error tends to another constant than K, three times as large on
    one trained twin that pools maxima. Spikes of different neurons and populations are taken for
    independent, given their rates. K is skewed over samples, so the interval is a bootstrap-t
    one; a sample that carries a fifth of it is named in ``notes``. Probes are unbiased: each
    sample has directions of its own, so the spread over samples holds that of the probes.

    References
    ----------
    .. [1] M. F. Hutchinson, "A stochastic estimator of the trace of the influence matrix for
       Laplacian smoothing splines", Communications in Statistics 18, 1989.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> layer = nn.Linear(2, 1, bias=False)
    >>> with torch.no_grad():
    ...     _ = layer.weight.copy_(torch.tensor([[3.0, 1.0]]))
    >>> found = response_trace(layer, torch.tensor([[0.5, 0.5], [0.5, 0.0]]))
    >>> found.value, found.sample_traces.tolist()
    (2.375, [2.5, 2.25])
    """
    network = rate_network(model, populations, caller=_CALLER)
    law = RateCode(check_choice(code, RateCode, name="code", caller=_CALLER))
    for name, value in (("probes", probes), ("batch_size", batch_size)):
        if value is not None:
            check_integer(value, name=name, caller=_CALLER)
    check_generator(generator, caller=_CALLER)
    budget = parse_bytes(memory_budget, caller=_CALLER)
    check_weights(network.model, caller=_CALLER)
    with torch.inference_mode(False):
        x = check_inputs(network, x, caller=_CALLER)
        one = measure(network, x, caller=_CALLER)
        if probes is None and one.outputs.numel() > _EXACT_OUTPUTS:
            probes = _PROBES
        sums = BatchSums(network, law, one, exact=probes is None, caller=_CALLER)
        task = progress.start("response trace", float(len(x)))
        try:
            if probes is None:
                room = exact_room(
                    one, budget=budget, batch_size=batch_size, samples=len(x), caller=_CALLER
                )
                for start in range(0, len(x), room.batch):
                    part = x[start : start + room.batch]
                    sums.add_exact(part, room)
                    progress.advance(task, float(len(part)))
                gains, seed = Gains.of(sums), None
            else:
                room = probed_room(one, budget=budget, batch_size=batch_size, caller=_CALLER)
                source = generator or torch.Generator().manual_seed(0)
                seed, seeds = source.initial_seed(), sample_seeds(len(x), source)
                for start in range(0, len(x), room.batch):
                    part = x[start : start + room.batch]
                    sums.add_probed(part, seeds[start : start + room.batch], probes)
                    progress.advance(task, float(len(part)))
                gains = _iterated(
                    network,
                    x[:_GAIN_SAMPLES],
                    seeds,
                    sums,
                    batch=room.batch,
                    rounds=min(max(probes, _ROUNDS[0]), _ROUNDS[1]),
                )
        finally:
            progress.finish(task)
        return make_trace(
            sums,
            gains,
            probes=probes,
            seed=seed,
            weights=fingerprint_weights(network.model),
            data=fingerprint_tensor(x),
            padding=_padding(network, x),
            command=command,
        )


def _iterated(
    network: AbstractRateNetwork,
    x: Tensor,
    seeds: list[int],
    sums: BatchSums,
    *,
    batch: int,
    rounds: int,
) -> Gains:
    """Return the largest gains of a few samples, of the first population and of all."""
    names = tuple(sums.populations)
    count = sums.first.outputs.numel()
    firsts: list[Tensor] = []
    joint: list[Tensor] = []
    for start in range(0, len(x), batch):
        part = x[start : start + batch]
        like = sums.first.outputs.new_zeros(len(part), count)
        (begin,) = signs(like, seeds[start : start + len(part)], 1)
        for chosen, found in ((names[:1], firsts), (names, joint)):
            try:
                gain = largest_gain(
                    network, part, chosen, start=begin, rounds=rounds, caller=_CALLER
                )
            except InputError:  # an operation without a forward derivative
                return Gains(None, None)
            found.append(gain.double().cpu())
    return Gains(torch.cat(firsts).numpy(), torch.cat(joint).numpy())


def _padding(network: AbstractRateNetwork, x: Tensor) -> float:
    """Return the share of token numbers that are padding; 0 for other inputs."""
    padding = getattr(network.model, "padding", None)
    if padding is None or x.is_floating_point():
        return 0.0
    return float((x == padding).double().mean())
