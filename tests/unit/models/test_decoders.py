import pytest
import torch
from tests.model_examples import generator, inputs, live_model

from spikedim._core import InputError
from spikedim.models import (
    PrincipalRates,
    ProjectingDecoder,
    build,
    fit_decoders,
    fuse,
    load_weights,
    principal_rates,
    recalibrate_norms,
    save_weights,
    with_decoders,
    with_shifted_readout,
    without_decoders,
)
from spikedim.models.decoders._fit_decoders import _flat_form, _token_form

TWIN = "spikformer-2-64/digits:softmax"
FIRST = "stem.lif0"
LAST = "block.0.mlp.fc2_lif"


@pytest.fixture(scope="module")
def twin():
    return live_model(TWIN, depth=1, dtype=torch.float32)


@pytest.fixture(scope="module")
def x(twin):
    return inputs(twin, 24)


@pytest.fixture(scope="module")
def found(twin, x):
    return principal_rates(twin, [x[:16], x[16:]])


def orthonormal(rows, columns, seed=0):
    square = torch.randn(rows, columns, generator=generator(seed), dtype=torch.float64)
    return torch.linalg.qr(square).Q


def coded(model, x, steps=2, seed=3):
    return model(x, code_steps=steps, generator=generator(seed))


def exact(model, x, name):
    return model.forward_with_states(x).populations[name].spikes[0].detach()


# The decoder


@pytest.mark.parametrize("rank", [1, 5, 6, 12])
@pytest.mark.parametrize("tokens", [1, 3])
def test_dense_and_low_rank_products_are_the_formula(rank, tokens):
    basis, draw = orthonormal(12, rank), generator(1)
    mean = torch.rand(tokens * 12, generator=draw)
    gains = torch.rand(rank, generator=draw)
    y = torch.rand(1, 4, tokens, 12, generator=draw)
    decoder = ProjectingDecoder(mean, basis, gains, outside=0.25)
    centred = y.double() - mean.double().reshape(tokens, 12)
    inside = centred @ basis @ basis.T
    kept = centred @ basis @ torch.diag(gains.double()) @ basis.T + 0.25 * (centred - inside)
    assert (decoder.matrix is None) is (rank == 1 or rank == 5)
    assert decoder.multiplications == tokens * 12 * min(12, 2 * rank)
    assert decoder.per_token is (tokens == 3)
    torch.testing.assert_close(
        decoder(y), (kept + mean.double().reshape(tokens, 12)).float(), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("rank", [2, 9])
def test_a_projection_twice_is_one(rank):
    decoder = ProjectingDecoder(torch.full((12,), 0.5), orthonormal(12, rank), torch.ones(rank))
    y = torch.rand(1, 3, 12, generator=generator())
    once = decoder(y)
    assert (once - y).abs().max() > 0.05
    torch.testing.assert_close(decoder(once), once, rtol=0, atol=1e-6)


def test_estimates_may_leave_the_unit_interval():
    along = torch.full((4, 1), 0.5)
    decoder = ProjectingDecoder(torch.full((4,), 0.9), along, torch.ones(1))
    assert decoder(torch.ones(1, 1, 4)).max() <= 1
    steep = ProjectingDecoder(torch.tensor([0.9, 0.1]), torch.tensor([[0.8], [0.6]]), torch.ones(1))
    assert steep(torch.ones(1, 1, 2)).max() > 1


@pytest.mark.parametrize("rank", [3, 9])
def test_a_decoder_comes_back_from_its_state(rank):
    draw = generator(4)
    mean, gains = torch.rand(12, generator=draw), torch.rand(rank, generator=draw)
    one = ProjectingDecoder(mean, orthonormal(12, rank), gains, outside=0.5)
    other = ProjectingDecoder(torch.zeros(12), orthonormal(12, rank, seed=5), torch.ones(rank))
    other.load_state_dict(one.state_dict())
    y = torch.rand(1, 2, 12, generator=draw)
    assert torch.equal(one(y), other(y))
    assert f"12 neurons, {rank} directions" in repr(one)


@pytest.mark.parametrize(
    ("mean", "basis", "gains", "message"),
    [
        (torch.zeros(4, 1), torch.eye(4), torch.ones(4), r"`mean` must have 1 axis"),
        (torch.zeros(4), torch.ones(4), torch.ones(1), r"`basis` must have 2 axes"),
        (torch.zeros(4), torch.eye(4), torch.ones(0), r"and 0 gains"),
        (torch.zeros(0), torch.eye(4), torch.ones(4), r"for 0 neurons"),
        (torch.zeros(4), torch.eye(4), torch.full((4,), torch.nan), r"`gains` must hold finite"),
        (torch.zeros(4), torch.eye(4), torch.ones(4, dtype=torch.int64), r"got torch.int64"),
        (torch.zeros(5), torch.eye(4), torch.ones(4), r"got \(4, 4\) for 5 neurons"),
        (torch.zeros(4), torch.eye(4), torch.ones(3), r"and 3 gains"),
        (torch.zeros(2), torch.ones(2, 3), torch.ones(3), r"got \(2, 3\)"),
    ],
)
def test_parts_that_do_not_fit_are_refused(mean, basis, gains, message):
    with pytest.raises(InputError, match=message):
        ProjectingDecoder(mean, basis, gains)


def test_rates_of_another_size_are_refused():
    decoder = ProjectingDecoder(torch.zeros(4), torch.eye(4), torch.ones(4))
    with pytest.raises(InputError, match=r"`rates` must be those of 4 neurons, .* got 6"):
        decoder(torch.zeros(1, 2, 6))
    with pytest.raises(InputError, match=r"`outside` must be a finite number; got nan"):
        ProjectingDecoder(torch.zeros(4), torch.eye(4), torch.ones(4), outside=float("nan"))


# Directions of rates


def test_directions_are_those_of_the_covariance(twin, x, found):
    rates = exact(twin, x, FIRST).flatten(1).double()
    got = found[FIRST]
    values = torch.linalg.svdvals(rates - rates.mean(dim=0)).square() / (len(x) - 1)
    torch.testing.assert_close(got.variance, values[:23], rtol=1e-6, atol=1e-10)
    torch.testing.assert_close(got.mean.double(), rates.mean(dim=0), rtol=1e-6, atol=1e-7)
    torch.testing.assert_close(got.basis.T @ got.basis, torch.eye(23), rtol=0, atol=1e-5)
    basis = got.basis.double()
    chance = (rates * (1 - rates)).mean(dim=0)
    torch.testing.assert_close(got.noise, chance @ basis.square(), rtol=1e-5, atol=1e-8)
    assert got.total_noise == pytest.approx(float(chance.sum()), rel=1e-5)
    assert got.total_variance == pytest.approx(float(values.sum()))
    assert got.samples == 24


def test_signal_is_that_of_samples_left_out(twin, x, found):
    rates = exact(twin, x, FIRST).flatten(1).double()
    signal, total = torch.zeros(17, dtype=torch.float64), 0.0
    for fold in range(4):
        out = torch.arange(24) % 4 == fold
        mean = rates[~out].mean(dim=0)
        directions = torch.linalg.svd(rates[~out] - mean, full_matrices=False).Vh[:17]
        signal += ((rates[out] - mean) @ directions.T).square().sum(dim=0) / 24
        total += float((rates[out] - mean).square().sum()) / 24
    got = found[FIRST]
    torch.testing.assert_close(got.signal, signal, rtol=1e-6, atol=1e-10)
    assert got.outside_signal == pytest.approx(total - float(signal.sum()), rel=1e-6)


@pytest.mark.parametrize("kind", ["wiener", "pca95"])
def test_both_forms_are_one_for_one_token(kind):
    rates = torch.rand(40, 1, 6, generator=generator())
    y = torch.rand(1, 5, 1, 6, generator=generator(1))
    flat = _flat_form(rates, None).decoder(kind, code_steps=3)
    token = _token_form(rates, None).decoder(kind, code_steps=3)
    torch.testing.assert_close(flat(y), token(y), rtol=1e-5, atol=1e-6)


def test_tokens_share_directions_about_the_mean_of_their_place(twin, x):
    got = principal_rates(twin, [x], per_token=True, populations=[LAST])[LAST]
    rates = exact(twin, x, LAST).double()
    centred = (rates - rates.mean(dim=0)).flatten(0, 1)
    values = torch.linalg.eigvalsh(centred.T @ centred).flip(0) / (23 * 16)
    torch.testing.assert_close(got.variance, values.clamp_min(0), rtol=1e-6, atol=1e-10)
    assert got.basis.shape == (64, 64)
    assert got.mean.shape == (16 * 64,)
    inner = rates - rates.square()
    chance = inner.mean(dim=(0, 1)) @ got.basis.double().square()
    torch.testing.assert_close(got.noise, chance, rtol=1e-5, atol=1e-8)
    assert got.decoder(code_steps=1).per_token


def test_rank_keeps_the_leading_directions(twin, x, found):
    few = principal_rates(twin, [x], populations=[FIRST], rank=3)[FIRST]
    assert few.basis.shape == (512, 3)
    torch.testing.assert_close(few.variance, found[FIRST].variance[:3])
    torch.testing.assert_close(few.signal, found[FIRST].signal[:3])
    whole = found[FIRST].outside_signal + float(found[FIRST].signal.sum())
    assert few.outside_signal + float(few.signal.sum()) == pytest.approx(whole)


def test_groups_that_fit_into_memory_give_the_same(twin, x, found):
    largest = 2 * 4 * 24 * 64 * 64  # two float32 copies of stem.lif3
    again = principal_rates(twin, [x], memory_budget=largest)
    assert list(again) == list(found)
    for name in found:
        torch.testing.assert_close(again[name].variance, found[name].variance)
    with pytest.raises(InputError, match=r"rates of stem.lif3, 786432 bytes for 24 samples"):
        principal_rates(twin, [x], memory_budget=largest - 1)


def test_pca95_keeps_the_fewest_directions(found):
    rates = found[FIRST]
    rank = len(rates.decoder("pca95", code_steps=1).gains)
    shares = rates.variance.cumsum(0) / rates.total_variance
    assert shares[rank - 1] >= 0.95 > shares[rank - 2]
    assert rates.decoder("pca95", code_steps=1).outside == 0


def test_wiener_weighs_signal_against_noise(found):
    rates = found[FIRST]
    got = rates.decoder("wiener", code_steps=4)
    noise = rates.noise[:17]
    gains = rates.signal / (rates.signal + noise / 4)
    torch.testing.assert_close(got.gains, gains.float())
    rest = rates.total_noise - float(noise.sum())
    outside = rates.outside_signal / (rates.outside_signal + rest / 4)
    assert float(got.outside) == pytest.approx(outside)


def test_a_population_without_variance_is_its_mean():
    rates = _flat_form(torch.full((12, 2, 3), 0.5), None)
    y = torch.rand(1, 4, 2, 3, generator=generator())
    assert torch.equal(rates.decoder("pca95", code_steps=1)(y), torch.full_like(y, 0.5))
    assert torch.allclose(rates.decoder("wiener", code_steps=1)(y), torch.full_like(y, 0.5))


def test_a_population_that_is_silent_passes_what_it_gets():
    rates = _token_form(torch.zeros(12, 2, 3), None)
    y = torch.rand(1, 4, 2, 3, generator=generator())
    assert torch.allclose(rates.decoder("wiener", code_steps=1)(y), y)


# Twins


def test_with_all_directions_nothing_changes(twin, x):
    mean = torch.rand(512, generator=generator())
    whole = ProjectingDecoder(mean, orthonormal(512, 512), torch.ones(512))
    decoded = with_decoders(twin, {FIRST: whole})
    torch.testing.assert_close(coded(decoded, x), coded(twin, x), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(decoded(x), twin(x), rtol=1e-4, atol=1e-5)


def test_many_spikes_need_no_decoder(twin, x, found):
    decoders = {name: rates.decoder(code_steps=10**9) for name, rates in found.items()}
    far = with_decoders(twin, decoders)(inputs(twin, 4, seed=9))
    torch.testing.assert_close(far, twin(inputs(twin, 4, seed=9)), rtol=1e-3, atol=1e-3)


def test_layers_read_the_decoded_and_records_show_spikes(twin, x, found):
    before = twin(x)
    decoded = with_decoders(twin, {FIRST: found[FIRST].decoder(code_steps=2)})
    trace = decoded.forward_with_states(x, code_steps=2, generator=generator(3))
    plain = twin.forward_with_states(x, code_steps=2, generator=generator(3))
    assert torch.equal(trace.populations[FIRST].spikes, plain.populations[FIRST].spikes)
    assert not torch.equal(trace.outputs, plain.outputs)
    count = decoded.count_spikes(x, code_steps=2, generator=generator(3))
    assert count.spikes[FIRST].sum() == (2 * plain.populations[FIRST].spikes).sum()
    assert not torch.equal(decoded(x), before)  # the exact path is projected too
    assert torch.equal(twin(x), before)
    assert torch.equal(without_decoders(decoded)(x), before)
    assert decoded.populations[FIRST].decoder is not None


def test_decoders_lower_the_error_of_unseen_rates(twin, x, found):
    new = inputs(twin, 12, seed=11)
    name = "block.0.attn.attn_lif"
    rates = exact(twin, new, name)[None]
    spikes = torch.bernoulli(rates, generator=generator())
    estimate = found[name].decoder(code_steps=1)(spikes)
    assert (estimate - rates).square().sum() < 0.3 * (spikes - rates).square().sum()


def test_fit_takes_a_t_for_each_population(twin, x, found):
    same = fit_decoders(twin, [x], code_steps=4, populations=[FIRST, LAST])
    mixed = fit_decoders(twin, [x], code_steps={FIRST: 4, LAST: 1}, populations=[FIRST, LAST])
    assert torch.equal(mixed[FIRST].gains, same[FIRST].gains)
    assert (mixed[LAST].gains <= same[LAST].gains).all()
    assert not torch.equal(mixed[LAST].gains, same[LAST].gains)


def test_fit_leaves_decoders_of_the_model_out(twin, x, found):
    decoded = with_decoders(twin, {FIRST: ProjectingDecoder(*_constant(512))})
    got = principal_rates(decoded.train(), [x], populations=[LAST])[LAST]
    torch.testing.assert_close(got.variance, found[LAST].variance)
    assert decoded.training
    assert decoded.populations[FIRST].decoder is not None


def _constant(size):
    return torch.full((size,), 0.5), torch.eye(size)[:, :1], torch.zeros(1)


def test_norms_are_estimated_behind_decoders(twin, x):
    constant = with_decoders(twin, {FIRST: ProjectingDecoder(*_constant(512))})
    recalibrate_norms(constant, [x], code_steps=2, generator=generator())
    names = [n for n in constant.state_dict() if n.startswith("stem") and n.endswith("running_var")]
    behind = names[1]
    place_only = constant.state_dict()[behind]
    noisy = with_decoders(twin, {})
    recalibrate_norms(noisy, [x], code_steps=2, generator=generator())
    assert (place_only < noisy.state_dict()[behind]).all()
    assert not constant.training


def test_gradients_pass_decoders(twin, x, found):
    decoders = {name: rates.decoder(code_steps=2) for name, rates in found.items()}
    decoded = with_decoders(twin, decoders).train()
    coded(decoded, x).square().sum().backward()
    first = next(p for n, p in decoded.named_parameters() if n.startswith("stem"))
    assert first.grad.abs().sum() > 0
    assert not any("decoder" in name for name, _ in decoded.named_parameters())


def test_padding_stays_silent_behind_a_decoder():
    model = live_model("spikformer-text-2-64/movie-reviews:softmax", tokens=8, vocabulary=50)
    x = inputs(model, 4)

    class Lift(torch.nn.Module):
        def forward(self, rates):
            return rates + 1

    name = next(iter(model.populations))
    decoded = with_decoders(model, {name: Lift()})
    seen = []
    decoded.populations[name].register_forward_hook(lambda *given: seen.append(given[-1]))
    decoded(x)
    assert (seen[0][0][x == 0] == 0).all()
    assert (seen[0][0][x != 0] >= 1).all()


def test_fusing_keeps_decoders(twin, x, found):
    decoded = with_decoders(twin, {FIRST: found[FIRST].decoder(code_steps=2)})
    fused = fuse(decoded, x[:2]).model
    torch.testing.assert_close(fused(x), decoded(x), rtol=1e-4, atol=1e-4)


def test_decoders_take_the_type_of_the_weights(twin, found):
    double = live_model(TWIN, depth=1)
    decoder = found[FIRST].decoder(code_steps=2)
    decoded = with_decoders(double, {FIRST: decoder})
    assert decoded.populations[FIRST].decoder.basis.dtype == torch.float64
    assert decoder.basis.dtype == torch.float32
    assert with_decoders(twin, {FIRST: decoder}).populations[FIRST].decoder is decoder


def test_weights_are_kept_without_decoders(twin, found, tmp_path):
    decoded = with_decoders(twin, {FIRST: found[FIRST].decoder(code_steps=2)})
    with pytest.raises(InputError, match=r"save_weights: `model` must be without decoders"):
        save_weights(decoded, tmp_path / "w.safetensors")
    file = save_weights(without_decoders(decoded), tmp_path / "w.safetensors")
    with pytest.raises(InputError, match=r"load_weights: .* got one behind 'stem.lif0'"):
        load_weights(decoded, file)


def test_a_read_out_is_shifted(twin, x):
    shift = torch.linspace(-1, 1, 10)
    lower = with_shifted_readout(twin, shift)
    torch.testing.assert_close(lower(x), twin(x) - shift)
    decoded = with_shifted_readout(with_decoders(twin, {FIRST: torch.nn.Identity()}), shift)
    torch.testing.assert_close(decoded(x), lower(x))


# What is refused


def test_bad_input_is_refused(twin, x, untyped):
    spiking = build("spikformer-2-64/digits", depth=1)
    for call in (
        lambda m: with_decoders(m, {}),
        without_decoders,
        lambda m: fit_decoders(m, [x], code_steps=1),
    ):
        with pytest.raises(InputError, match=r"rate-coded twin; got .*, a spiking network"):
            call(spiking)
        with pytest.raises(InputError, match=r"rate-coded twin; got Identity"):
            call(torch.nn.Identity())
    with pytest.raises(InputError, match=r"must name rate populations of .* got 'head'"):
        with_decoders(twin, {"head": torch.nn.Identity()})
    with pytest.raises(InputError, match=r"must map populations to torch modules; got dict"):
        with_decoders(twin, {FIRST: 3})
    with pytest.raises(InputError, match=r"`kind` must be one of wiener, pca95; got 'pca'"):
        fit_decoders(twin, [x], kind="pca", code_steps=1)
    with pytest.raises(InputError, match=r"`code_steps` must be an integer >= 1; got 0"):
        fit_decoders(twin, [x], code_steps=0)
    with pytest.raises(InputError, match=r"got none for 'stem.lif1'"):
        fit_decoders(twin, [x], code_steps={FIRST: 1})
    with pytest.raises(InputError, match=r"`populations` must name rate populations .* 'odd'"):
        fit_decoders(twin, [x], code_steps=1, populations=["odd"])
    with pytest.raises(InputError, match=r"`populations` must name .* got 'none'"):
        fit_decoders(twin, [x], code_steps=1, populations=[])
    with pytest.raises(InputError, match=r"`batches` must have at least 8 samples; got 4"):
        fit_decoders(twin, [x[:4]], code_steps=1)
    with pytest.raises(InputError, match=r"samples of one shape; got \(1, 8, 8\) and \(1, 9, 9\)"):
        fit_decoders(twin, [x, torch.zeros(1, 1, 9, 9)], code_steps=1)
    with pytest.raises(InputError, match=r"`rank` must be an integer >= 1; got 0"):
        fit_decoders(twin, [x], code_steps=1, rank=0)


def test_bad_read_outs_are_refused(twin, untyped):
    with pytest.raises(
        InputError, match=r"`shift` must be a tensor of 10 finite numbers.* got shape \(3,\)"
    ):
        with_shifted_readout(twin, torch.zeros(3))
    with pytest.raises(InputError, match=r"`shift` must be a tensor of 10 finite"):
        with_shifted_readout(twin, torch.full((10,), torch.inf))
    with pytest.raises(InputError, match=r"`model` must be one that `build` made; got Identity"):
        with_shifted_readout(torch.nn.Identity(), torch.zeros(10))
    bare = with_shifted_readout(twin, torch.zeros(10))
    bare.head.bias = None
    with pytest.raises(InputError, match=r"`model` must have a classifier with bias"):
        with_shifted_readout(bare, torch.zeros(10))


def test_principal_rates_refuse_another_kind(untyped):
    one = torch.ones(1)
    rates = PrincipalRates(
        mean=one,
        basis=torch.eye(1),
        variance=one,
        signal=one,
        noise=one,
        outside_signal=0.0,
        total_variance=1.0,
        total_noise=1.0,
        samples=8,
    )
    with pytest.raises(InputError, match=r"PrincipalRates.decoder: `kind` must be one of wiener"):
        rates.decoder("none", code_steps=1)
    with pytest.raises(InputError, match=r"`code_steps` must be an integer >= 1; got 0"):
        rates.decoder(code_steps=0)
