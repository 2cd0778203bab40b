"""Small results made by hand, for tests of the rooms that read them."""

from dataclasses import replace

import numpy as np

from spikedim._core import Provenance
from spikedim.bounds import Assumption, Bound, BoundKind, Entries, Epsilon, EpsilonKind
from spikedim.dimension import (
    CurvePoint,
    DimensionEstimate,
    LocalSpread,
    Spectrum,
    SubsetSpectrum,
)
from spikedim.energy import BreakEven, EnergyEstimate
from spikedim.laws import Assumed, Cause, LawCurve, LawInputs, LawResult
from spikedim.models import Population
from spikedim.planning import (
    Advisory,
    Comparison,
    ComparisonRow,
    DataSummary,
    InverseAnswers,
    Measurement,
    ModelSummary,
    Plan,
)

PROVENANCE = Provenance(
    command="spikedim plan",
    spikedim_version="0.1.0",
    versions={"numpy": "2.4.1", "torch": "2.13.0"},
    platform="Linux x86_64, Python 3.11.2",
    created="2026-01-01T00:00:00+00:00",
    data_fingerprint="sha256:0123456789abcdef",
    seed=0,
    assumptions=("The firing rate is 0.2 (0.1-0.3).", "L is 1 in normalised units."),
)


def example_estimate(**changes) -> DimensionEstimate:
    """A pca95 of 29 with a curve and a local spread."""
    estimate = DimensionEstimate(
        value=29.0,
        low=28.4,
        high=29.6,
        estimator="pca95",
        layer="patches:2",
        n_samples=1797,
        n_features=64,
        interval_method="delete-half jackknife",
        parameters={"fraction": 0.95},
        curve=tuple(
            CurvePoint(n, mean, sd, 16)
            for n, mean, sd in [(112, 24.1, 0.6), (449, 27.8, 0.4), (1797, 29.0, 0.0)]
        ),
        extrapolated=29.2,
        local=LocalSpread(low=9.0, median=12.0, high=15.0, neighbours=32, centres=32),
        constant_features=3,
        certified_low=29.0,
        certified_high=29.0,
        spectrum_method="exact integer covariance",
        notes=("3 constant features carry no dimension.",),
    )
    return replace(estimate, **changes)


def example_data(**changes) -> DataSummary:
    """Digits as 16 tokens of 4 pixels."""
    ranks = tuple(range(1, 65))
    data = DataSummary(
        spec="digits",
        layer="patches:2",
        n_samples=1797,
        n_features=64,
        tokens=16,
        mean_rate=0.305,
        rate_variance=0.071,
        rms=0.484,
        constant_features=3,
        eigenvalue_ranks=ranks,
        eigenvalues=tuple(0.7 * rank**-1.2 for rank in ranks),
        total_variance=4.7,
        spectrum_method="exact integer covariance",
        fingerprint="sha256:0123456789abcdef",
        licence="CC BY 4.0",
    )
    return replace(data, **changes)


def example_model(**changes) -> ModelSummary:
    """A network with two blocks."""
    names = ("stem", "block.0.attn", "block.0.mlp", "block.1.attn", "block.1.mlp")
    model = ModelSummary(
        name="spikformer-2-64",
        tokens=16,
        width=64,
        depth=2,
        parameters=110_000,
        macs=2_400_000,
        first_macs=36_864,
        neurons=21_504,
        layer_names=names,
        layer_neurons=(4096, 4096, 4608, 4096, 4608),
        layer_macs=(600_000, 300_000, 600_000, 300_000, 600_000),
    )
    return replace(model, **changes)


def example_law(**changes) -> LawResult:
    """The Wiener law with one cause."""
    law = LawResult(
        law="wiener",
        steps=5,
        low=4,
        high=6,
        unrounded=4.6,
        population=Population("data", 16, 4),
        spikes=97.6,
        spikes_low=78.1,
        spikes_high=117.1,
        causes=(Cause("sampling of the spectrum", 3.9, 5.4, 0.305, 0.305),),
        assumptions=("Spikes are independent Bernoulli draws.",),
        reference="Theorem 6.3, floor-free form",
    )
    return replace(law, **changes)


def _energy() -> tuple[EnergyEstimate, ...]:
    subjects = {"snn": 0.0011, "ann_fp32": 0.011, "qann_8bit": 0.0007, "qann_3bit": 0.0003}
    return tuple(
        EnergyEstimate(
            subject=subject,
            rules=rules,
            value_mj=factor * value,
            low_mj=0.6 * factor * value,
            high_mj=1.7 * factor * value,
            breakdown_mj={"first layer": 0.2 * factor * value, "spiking": 0.8 * factor * value},
            band="constants, firing rate and steps",
            constants=("mac_fp32_45nm", "add_fp32_45nm"),
            notes=("Memory traffic is left out.",) if rules == "M0 sop" else (),
        )
        for rules, factor in [("M0 sop", 1), ("M1 sop+memory", 3), ("M3 compute+movement", 5)]
        for subject, value in subjects.items()
    )


def example_plan(**changes) -> Plan:
    """A plan with every field filled, including rows that do not apply."""
    grid = tuple(0.01 * 10 ** (k / 10) for k in range(21))
    reconstructed = example_law(
        law="reconstructed",
        steps=11,
        low=6,
        high=22,
        unrounded=10.2,
        population=Population("encoding", 16, 64),
        spikes=2252.8,
        spikes_low=1800.0,
        spikes_high=2700.0,
        causes=(Cause("firing rate", 6.8, 20.4, 0.3, 0.1), Cause("C", 8.4, 12.0, 0.2, 0.2)),
        reference="theory section 7, equation (7.1)",
        warnings=("C = 2.3 is 72 times the constant of Theorem 6.3 at this rate.",),
    )
    absent = LawResult.not_applicable("response", "needs a trained or compiled network.")
    plan = Plan(
        headline=(
            "For a relative error of 10 % on digits (patches:2), spikformer-2-64 needs T = 5 (4-6) "
            "steps, 98 (78-120) spikes of the data population and 0.0033 (0.0020-0.0056) mJ per "
            "image by rules M1 [law: wiener, needs a decoder that projects on the data]. Against "
            "an 8-bit twin of the same shape it loses (0.64x); below a firing rate of 11 % it "
            "would win."
        ),
        data=example_data(),
        model=example_model(),
        epsilon=Epsilon(0.1, EpsilonKind.RELATIVE),
        epsilon_rms=0.0484,
        lipschitz=Assumed(1.0, 1.0, 1.0, "assumed"),
        rate=Assumed(0.2, 0.1, 0.3, "assumed"),
        dimensions=(
            example_estimate(),
            example_estimate(
                estimator="participation_ratio",
                value=13.2,
                low=12.9,
                high=13.5,
                parameters={},
                still_rising=True,
                local=None,
                curve=(),
                extrapolated=None,
            ),
        ),
        dimension_used="pca95",
        law="wiener",
        laws=(example_law(), reconstructed, absent),
        curves=(
            LawCurve(
                law="wiener",
                epsilons=grid,
                steps=tuple(max(1.0, 0.046 / e**2) for e in grid),
                low=tuple(max(1.0, 0.039 / e**2) for e in grid),
                high=tuple(max(1.0, 0.054 / e**2) for e in grid),
            ),
        ),
        bounds=(
            Bound(
                name="rate_code_steps",
                value=69.2,
                unit="steps",
                kind=BoundKind.LOWER,
                population="16 x 4 population",
                assumptions=(Assumption("Spikes are independent Bernoulli draws.", None),),
                reference="theory index 6.2, Theorem 6.2",
                entries=Entries.GIVEN,
                layer="data",
            ),
            Bound(
                name="published_spike_count",
                value=27_300.0,
                unit="spikes",
                kind=BoundKind.PUBLISHED,
                population="16 x 4 population",
                assumptions=(),
                reference="arXiv 2604.15769",
                layer="data",
                verdict="False for codes other than rate codes.",
            ),
            Bound.not_applicable(
                "information_bound",
                unit="bits",
                kind=BoundKind.LOWER,
                population="16 x 4 data population",
                reason="epsilon is above 0.242 L.",
            ),
        ),
        steps=5,
        steps_low=4,
        steps_high=6,
        spikes=97.6,
        spikes_low=78.1,
        spikes_high=117.1,
        spikes_of="the data as a population of 16 x 4 neurons",
        network_spikes=21_504.0,
        energy=_energy(),
        break_even=(
            BreakEven("qann_8bit", "M1 sop+memory", 0.11, 0.08, 0.15),
            BreakEven("ann_fp32", "M0 sop", None, None, None, "the spiking net always wins"),
        ),
        inverse=InverseAnswers(
            steps=4,
            epsilon_at_steps=0.107,
            energy_mj=0.5,
            steps_within_energy=757,
            energy_rules="M1 sop+memory",
            rate_to_beat=0.11,
            twin="qann_8bit",
            rate_within_energy=1.0,
        ),
        advisories=(
            Advisory("The firing rate 0.2 is assumed.", "Pass --rate with a measured rate."),
            Advisory("d still rises with the number of samples.", "Measure on more samples."),
        ),
        provenance=PROVENANCE,
        steps_because="sampling of the spectrum",
    )
    return replace(plan, **changes)


def example_measurement(**changes) -> Measurement:
    """A measurement of two estimators."""
    measurement = Measurement(
        headline="digits (pixels): pca95 29 (28-30) of 64 features from 1,797 samples.",
        data=example_data(layer="pixels", tokens=1),
        rows_are="samples",
        dimensions=example_plan().dimensions,
        advisories=(Advisory("d still rises.", "Use more samples."),),
        provenance=replace(PROVENANCE, command="spikedim measure digits"),
        notes=("two_nn was left out: it needs spikedim[id].",),
    )
    return replace(measurement, **changes)


def example_comparison(**changes) -> Comparison:
    """A comparison with one ratio and one refusal."""
    comparison = Comparison(
        headline="b needs T = 3 (2-4) steps where a needs 5 (4-6): 0.6 times.",
        kind="plan",
        a="digits, spikformer-2-64, 0.1:relative",
        b="digits, spikformer-2-64, 0.2:relative",
        rows=(
            ComparisonRow("steps", "steps", "5 (4-6)", "3 (2-4)", 0.6),
            ComparisonRow("epsilon", "", "0.1:relative", "0.2:relative"),
        ),
        refusals=("Energies follow different rule sets, so no ratio is given.",),
        same=("data", "model"),
    )
    return replace(comparison, **changes)


def example_spectrum(eigenvalues=None, *, mean=0.3, rate_variance=0.16, **changes) -> Spectrum:
    """A spectrum of rates; by default 32 features with lambda_i = 0.05 i^-1.2, no subsets."""
    values = 0.05 * np.arange(1, 33) ** -1.2 if eigenvalues is None else np.asarray(eigenvalues)
    spectrum = Spectrum(
        eigenvalues=values.astype(float),
        total_variance=float(values.sum()),
        squared_norm=float((values**2).sum()),
        n_samples=1000,
        n_features=values.size,
        layer="features",
        mean=mean,
        mean_square=mean - rate_variance,
        minimum=0.0,
        maximum=1.0,
    )
    return replace(spectrum, **changes)


def example_subsets(spectrum, *, size=500, spread=0.05, count=8) -> Spectrum:
    """The spectrum with subsets whose variance goes up and down by `spread`."""
    factors = 1 + spread * np.array([(-1) ** k for k in range(count)])
    subsets = tuple(
        SubsetSpectrum(spectrum.eigenvalues * f, spectrum.total_variance * f, size) for f in factors
    )
    return replace(spectrum, subsets=subsets)


def example_inputs(**changes) -> LawInputs:
    """Inputs for which every law applies."""
    spectrum = changes.pop("spectrum", None) or example_spectrum()
    inputs = LawInputs(
        spectrum=spectrum,
        dimension=example_estimate(value=10.0, low=9.0, high=11.0, n_features=32),
        epsilon=Epsilon(0.02, EpsilonKind.RMS),
        lipschitz=Assumed(1.0, 1.0, 1.0, "assumed"),
        rate=Assumed(0.2, 0.1, 0.3, "assumed"),
        data_population=Population("data", 1, spectrum.n_features),
        model_population=Population("encoding", 16, 64),
        reference_rms=float(spectrum.mean_square**0.5),
        network_population=Population("whole network", 1, 20_000),
    )
    return replace(inputs, **changes)
