"""Whole steps of separable convex errors: least error at a cost, or least cost at an error."""

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

__all__ = ["StepsProblem", "unrounded_steps"]

Array = np.ndarray[Any, np.dtype[np.float64]]
Counts = np.ndarray[Any, np.dtype[np.int64]]

_SLACK = 1e-12  # relative: what rounding of sums may add to a cost or an error
_HALVINGS = 56
_WINDOW = 32  # steps to either side of the relaxed optimum that are looked at
_KEPT = 512  # partial allocations
_CLOSE = 1e-4  # relative distance from the bound at which nothing more is looked for


def unrounded_steps(traces: Array, costs: Array, exponent: int) -> Array:
    """Return real steps of the closed form up to a factor: (c / w)^(1 / (1 + p)), 0 where c = 0."""
    ratio = np.divide(traces, costs, out=np.zeros_like(traces), where=traces > 0)
    return np.asarray(ratio ** (1 / (1 + exponent)))


@final
@dataclass(frozen=True, eq=False)
class StepsProblem:
    """Errors c_l / T_l^p at costs w_l T_l, with whole T_l from 1 to `most`.

    A multiplier gives steps that are optimal at their own cost and error, and a lower bound on
    every other choice. Populations are then added one after the other, and of the partial
    allocations only those are kept that no other one beats in cost and error and that the bound
    does not rule out: exact unless more than some hundred are left,
    and not done where the bound is nearer than 1e-4.

    Parameters
    ----------
    traces : array of shape [L]
        c_l >= 0.
    costs : array of shape [L]
        w_l >= 0, above 0 wherever c_l is.
    exponent : int
        p, 1 or 2.
    most : int
        Largest T_l.
    """

    traces: Array
    costs: Array
    exponent: int
    most: int

    def error(self, steps: Counts) -> float:
        """Return the squared error."""
        return float(self._errors(steps).sum())

    def cost(self, steps: Counts) -> float:
        """Return the cost."""
        return float((self.costs * steps).sum())

    def at_cost(self, budget: float) -> Counts:
        """Return the steps of least error whose cost is at most `budget`."""
        limit = budget * (1 + _SLACK)
        multiplier = self._multiplier(lambda steps: self.cost(steps) <= limit)[1]
        found = self._greedy(self._at_multiplier(multiplier), limit)
        return self._improved(found, multiplier, limit, by_cost=True)

    def at_error(self, target: float) -> Counts:
        """Return the steps of least cost whose error is at most `target`."""
        limit = target * (1 + _SLACK)
        multiplier = self._multiplier(lambda steps: self.error(steps) > limit)[0]
        found = self._trimmed(self._at_multiplier(multiplier), limit)
        return self._improved(found, multiplier, limit, by_cost=False)

    def least_error(self, budget: float) -> float:
        """Return a lower bound on the error of all whole steps that cost at most `budget`."""
        multiplier = self._multiplier(lambda steps: self.cost(steps) <= budget)[1]
        steps = self._at_multiplier(multiplier)
        return self.error(steps) + multiplier * (self.cost(steps) - budget)

    def _errors(self, steps: Any) -> Array:
        """Return the error of each population."""
        return np.asarray(self.traces / np.asarray(steps, dtype=np.float64) ** self.exponent)

    def _gains(self, steps: Counts) -> Array:
        """Return what one more step takes off the error, by cost; -1 where there is no more."""
        gained = self._errors(steps) - self._errors(steps + 1)
        free = (self.traces > 0) & (steps < self.most)
        return np.divide(gained, self.costs, out=np.full_like(gained, -1.0), where=free)

    def _at_multiplier(self, multiplier: float) -> Counts:
        """Return the optimal steps where a unit of cost is worth `multiplier`."""
        worth = np.divide(
            self.exponent * self.traces,
            multiplier * self.costs,
            out=np.zeros_like(self.traces),
            where=self.traces > 0,
        )
        near = np.floor(np.minimum(worth ** (1 / (1 + self.exponent)), self.most)).astype(np.int64)
        steps = np.clip(near - 1, 1, self.most)
        for _ in range(3):
            steps = steps + (self._gains(steps) >= multiplier)
        return steps

    def _multiplier(self, above: Callable[[Counts], bool]) -> tuple[float, float]:
        """Return neighbouring multipliers, of which only the second has steps that are `above`."""
        noisy = self.traces > 0
        ends = [self._gains(np.full(len(noisy), t)) for t in (max(self.most - 1, 1), 1)]
        if not noisy.any() or self.most == 1:
            return 1.0, 1.0
        low, high = float(ends[0][noisy].min()) / 2, float(ends[1][noisy].max()) * 2
        if above(self._at_multiplier(low)):
            return low, low
        for _ in range(_HALVINGS):
            middle = math.sqrt(low) * math.sqrt(high)
            low, high = (low, middle) if above(self._at_multiplier(middle)) else (middle, high)
        return low, high

    def _greedy(self, steps: Counts, limit: float) -> Counts:
        """Add the step of the largest gain by cost that still fits, until none does."""
        steps, spent = steps.copy(), self.cost(steps)
        heap = [(-gain, at) for at, gain in enumerate(self._gains(steps)) if gain > 0]
        heapq.heapify(heap)
        while heap:
            _, at = heapq.heappop(heap)
            if spent + self.costs[at] > limit:
                continue
            steps[at] += 1
            spent += self.costs[at]
            gain = self._gains(steps)[at]
            if gain > 0:
                heapq.heappush(heap, (-gain, at))
        return steps

    def _trimmed(self, steps: Counts, limit: float) -> Counts:
        """Take away the most expensive step that is not needed, until all are."""
        steps = steps.copy()
        while True:
            spare = limit - self.error(steps)
            lost = self._errors(np.maximum(steps - 1, 1)) - self._errors(steps)
            saved = np.where((steps > 1) & (lost <= spare), self.costs, 0.0)
            if not saved.any():
                return steps
            steps[int(np.argmax(saved))] -= 1

    def _improved(self, found: Counts, multiplier: float, limit: float, *, by_cost: bool) -> Counts:
        """Return the best steps among those that the bound of the multiplier leaves open."""
        centre = self._at_multiplier(multiplier)
        offsets = np.arange(-_WINDOW, _WINDOW + 1)
        table = np.clip(centre[:, None] + offsets, 1, self.most)
        errors = self.traces[:, None] / table.astype(np.float64) ** self.exponent
        costs = self.costs[:, None] * table
        aim, bound, price = (errors, costs, multiplier) if by_cost else (costs, errors, 1.0)
        if not by_cost:
            price = 1 / multiplier
        reduced = aim + price * bound
        floor = reduced.min(axis=1)
        at_most = (self.error if by_cost else self.cost)(found)
        gap = (at_most - (float(floor.sum()) - price * limit)) * (1 + _SLACK)
        if gap <= _CLOSE * at_most:
            return found
        partial = _Partial.empty()
        for row in range(len(table)):
            new = np.concatenate([[True], np.diff(table[row]) > 0])
            chosen = np.flatnonzero(new & (reduced[row] - floor[row] <= gap))
            lost = reduced[row, chosen] - floor[row]
            partial = partial.extended(
                table[row, chosen], aim[row, chosen], bound[row, chosen], lost, gap
            )
        best = partial.best(limit)
        if best is None:
            return found
        better = (self.error if by_cost else self.cost)(best) < at_most * (1 - _SLACK)
        return best if better else found


@final
@dataclass(frozen=True, eq=False)
class _Partial:
    """Steps [P, l] of the first populations: what they aim at, what is bounded, what they lose."""

    steps: Counts
    aim: Array
    bound: Array
    lost: Array

    @classmethod
    def empty(cls) -> "_Partial":
        nothing = np.zeros(1)
        return cls(np.zeros((1, 0), dtype=np.int64), nothing, nothing, nothing)

    def extended(
        self, steps: Counts, aim: Array, bound: Array, lost: Array, gap: float
    ) -> "_Partial":
        """Return all pairs with a further population, without those that cannot be best."""
        total = (self.lost[:, None] + lost).ravel()
        old, new = np.divmod(np.flatnonzero(total <= gap), len(steps))
        aims, bounds = self.aim[old] + aim[new], self.bound[old] + bound[new]
        losses = self.lost[old] + lost[new]
        order = np.lexsort((aims, bounds))
        best = np.minimum.accumulate(aims[order])
        front = order[np.concatenate([[True], best[1:] < best[:-1]])]
        if len(front) > _KEPT:
            front = np.sort(front[np.argsort(losses[front], kind="stable")[:_KEPT]])
        return _Partial(
            np.column_stack([self.steps[old[front]], steps[new[front]]]),
            aims[front],
            bounds[front],
            losses[front],
        )

    def best(self, limit: float) -> Counts | None:
        """Return the steps of the least aim within the limit."""
        allowed = np.flatnonzero(self.bound <= limit)
        if not allowed.size:
            return None
        return np.asarray(self.steps[allowed[np.argmin(self.aim[allowed])]])
