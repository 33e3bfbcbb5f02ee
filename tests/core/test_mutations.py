"""Every limit switched off, one at a time: at least one scenario must fail without it.

What there is to switch off is read from the source, so that a new limit needs a scenario before this is green again.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from types import ModuleType
from typing import Any

import pytest

from hub.core import (
    charging,
    connection,
    envelope,
    fuse,
    keyframe,
    loads,
    pace,
    planned,
    surplus,
    taken,
    turn,
    wished,
    worth,
)
from hub.core.types import ChargerMemory, Course, Inputs, Taken, Tokens, Wish
from hub.model import Reason, Request, Source
from tests.scenarios.judge import misses
from tests.scenarios.play import Decide, play
from tests.scenarios.scenario import Scenario, files

step = importlib.import_module("hub.core.step")
"""the module: in the package its name is that of its function"""
Patch = pytest.MonkeyPatch
LONGEST_S = 900
"""Longer scenarios are left out here."""


@cache
def _scenarios() -> tuple[Scenario, ...]:
    read = (Scenario.read(path) for path in files())
    return tuple(sorted((s for s in read if s.end <= LONGEST_S and not s.known_defect), key=lambda s: s.end))


def _noticed(codes: frozenset[str], decide: Decide) -> bool:
    """Whether a scenario that expects one of `codes` fails."""
    return any(misses(s, play(s, decide)) for s in _scenarios() if codes & s.codes)


def _tree(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))


def _called(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node


def _codes(*modules: ModuleType) -> frozenset[str]:
    """Of all reasons that the modules give."""
    calls = [c for m in modules for c in _called(_tree(m), "Reason")]
    return frozenset(ast.literal_eval(c.args[0]) for c in calls)


# -- bounds ----------------------------------------------------------------------------------------------------------

BOUNDS = [(m, n) for m in (envelope, step, loads) for n, _ in enumerate(_called(_tree(m), "Bound"))]
LIMITS = _codes(envelope, connection) - {"overruled"}


def _without(module: ModuleType, nth: int) -> dict[str, Any]:
    """The module with its `nth` bound bounding nothing."""
    tree = _tree(module)
    call = list(_called(tree, "Bound"))[nth]
    call.func = ast.copy_location(ast.Name("open_bound", ast.Load()), call.func)
    made = {**vars(module), "open_bound": _open_bound}
    exec(compile(tree, str(module.__file__), "exec"), made)
    return made


def _open_bound(low: float, high: float, reason: Any, floor: float = 0.0) -> envelope.Bound:
    return envelope.Bound(-math.inf, math.inf, reason)


def _bound_id(bound: tuple[ModuleType, int]) -> str:
    module, nth = bound
    call = list(_called(_tree(module), "Bound"))[nth]
    return f"{module.__name__.rpartition('.')[2]}:{call.lineno}: {ast.unparse(call)[:80]}"


@pytest.mark.parametrize("bound", BOUNDS, ids=_bound_id)
def test_each_bound_is_missed(bound: tuple[ModuleType, int], monkeypatch: Patch) -> None:
    module, nth = bound
    made = _without(module, nth)
    if module is envelope:
        for user in (step, wished):
            for name in vars(user).keys() & {"battery_bounds", "charger_bounds", "device_bound", "setting_bounds"}:
                monkeypatch.setattr(user, name, made[name])
    elif module is loads:
        monkeypatch.setattr(loads, "_UNBLOCKED", made["_UNBLOCKED"])
    assert _noticed(LIMITS | {"guaranteed_power"}, made["step"] if module is step else step.step)


def test_each_limit_is_in_a_scenario() -> None:
    assert not LIMITS - {code for s in _scenarios() for code in s.codes}


# -- what takes its time ---------------------------------------------------------------------------------------------


def _no_guarantee(patch: Patch) -> None:
    patch.setattr(step, "heat", lambda turn, pump: loads.heat(turn, replace(pump, guaranteed_w=0.0)))


def _switch_under_load(patch: Patch) -> None:
    phases = step._phases
    patch.setattr(charging, "still_flows", lambda inputs, charger: False)
    patch.setattr(step, "_phases", lambda turn, c, memory: phases(turn, c, replace(memory, limit_a=0.0)))


PACE: dict[str, Callable[[Patch], None]] = {
    "least_time": lambda patch: patch.setattr(loads, "least_time", lambda value, held, least_s: (value, None)),
    "ramp": lambda patch: patch.setattr(step, "ramp", lambda value, held, per_s, dt: (value, None)),
    "pause_time": lambda patch: patch.setattr(step, "pause", lambda amps, memory, charger, by_itself: (amps, None)),
    "write_budget": lambda patch: patch.setattr(
        turn, "spent", lambda spec, wish, value, safe, tokens: (value, Tokens(0.0, value), None)
    ),
    "guaranteed_power": _no_guarantee,
    "phase_switch": _switch_under_load,
    "phase_switch_rate": lambda patch: patch.setattr(step, "switch_rate", lambda phases, memory, least_s: None),
    "not_shown_yet": lambda patch: patch.setattr(step, "_kept", lambda turn, charger, memory, wished, less: less),
}
WISHES = {"makes_all", "target_waits", "overruled"}
"""Reasons there that are no limits."""


@pytest.mark.parametrize("code", PACE)
def test_each_guard_of_pace_is_missed(code: str, monkeypatch: Patch) -> None:
    PACE[code](monkeypatch)
    assert _noticed(frozenset({code}), step.step)


def test_each_guard_of_pace_is_listed() -> None:
    assert _codes(pace, step, loads, turn) - WISHES - (LIMITS - PACE.keys()) == PACE.keys()


CARE: dict[str, Callable[[Patch], None]] = {
    "no gap makes times pass": lambda patch: patch.setattr(turn, "MOST_S", 1e9),
    "the operator does not wait": lambda patch: _people(patch, (Source.PERSON,)),
    "people do not wait": lambda patch: _people(patch, pace.URGENT),
    "the operator's flash writes go through": lambda patch: patch.setattr(pace, "URGENT", ()),
    "who starts takes its share of the sun": lambda patch: patch.setattr(surplus, "anew", lambda held, started: held),
    "cars that charge fast are not fed": lambda patch: patch.setattr(charging, "SOLAR_CODES", ("charge_fast",)),
    "the owner's time between phase switches": lambda patch: patch.setattr(step, "switch_rate", _for_people),
    "a phase switch rests for people too": lambda patch: patch.setattr(pace, "SWITCH_LEAST_S", 0.0),
    "phase switches have a budget": lambda patch: patch.setattr(pace, "SWITCH_S", 0.0),
    "phase switches are not saved for ever": lambda patch: patch.setattr(pace, "SWITCHES", 1000),
    "what was switched in a restart has just been switched": lambda patch: patch.setattr(
        turn, "seen_again", lambda held, unseen, values: dict(held)
    ),
    "who shows late what it draws makes no room": lambda patch: patch.setattr(
        charging, "drawn_least", lambda inputs, memories: inputs
    ),
    "what is cut is given its time": lambda patch: patch.setattr(charging, "REACTS_S", 0.0),
    "who shows nothing is not waited for": lambda patch: patch.setattr(charging, "LATE_S", 1e9),
    "what stays on in flash must have room": lambda patch: patch.setattr(loads, "_stays", lambda *_: False),
    "what stands in flash must be safe": lambda patch: patch.setattr(turn, "_inside", lambda *_: True),
}


def _people(patch: Patch, sources: tuple[Source, ...]) -> None:
    for module in (step, loads):
        patch.setattr(module, "PEOPLE", sources)


def _for_people(phases: int, memory: ChargerMemory, least_s: float) -> Reason | None:
    return pace.switch_rate(phases, memory, 0.0)


@pytest.mark.parametrize("care", CARE)
def test_each_care_is_missed(care: str, monkeypatch: Patch) -> None:
    CARE[care](monkeypatch)
    codes = {
        "least_time",
        "write_budget",
        "sun_enough",
        "pause_time",
        "spares_battery",
        "guaranteed_power",
        "sun_waits",
        "phase_switch_rate",
        "not_shown_yet",
    }
    assert _noticed(frozenset(codes), step.step)


GIVEN_BACK: dict[str, Callable[[Patch], None]] = {
    "a plug": lambda patch: patch.setattr(loads, "as_it_was", lambda *_: None),
    "a lamp": lambda patch: patch.setattr(wished, "as_it_was", lambda *_: None),
    "not what somebody else has switched": lambda patch: patch.setattr(loads, "as_it_was", _whoever_switched),
    "not what somebody else has set": lambda patch: patch.setattr(wished, "is_anothers", lambda *_: False),
    "what is on its way": lambda patch: patch.setattr(taken, "ENDS_S", -1.0),
    "when the device is back": lambda patch: patch.setattr(loads, "awaited", lambda *_: None),
    "a rule may come again after a restart": lambda patch: patch.setattr(keyframe, "AGAIN_S", 0.0),
    "not what people switch once": lambda patch: patch.setattr(taken, "_stays", lambda *_: False),
    "what people ask for a time": lambda patch: patch.setattr(taken, "_stays", _persons_stay),
}


def _whoever_switched(inputs: Inputs, point: str, known: Taken | None) -> Wish | None:
    return taken.as_it_was(inputs, point, known and replace(known, seen=False, over_s=0.0))


def _persons_stay(inputs: Inputs, request: Request, known: Taken | None) -> bool:
    return request.stays or request.source is Source.PERSON


@pytest.mark.parametrize("care", GIVEN_BACK)
def test_each_care_of_what_is_given_back_is_missed(care: str, monkeypatch: Patch) -> None:
    GIVEN_BACK[care](monkeypatch)
    assert _noticed(frozenset({"as_it_was", "rule_asked", "rule_limit"}), step.step)


PLANNED: dict[str, Callable[[Patch], None]] = {
    "a way is kept for a while": lambda patch: patch.setattr(planned, "HOLD_S", 0.0),
    "another price frees it": lambda patch: patch.setattr(planned, "kept", _always_kept),
    "grid charging ends at once": lambda patch: patch.setattr(worth, "_END_AT_ONCE", ()),
    "a cent of caution": lambda patch: patch.setattr(worth, "MARGIN", 0),
    "a cent less is stored too": lambda patch: patch.setattr(worth._Judge, "_stores", _for_no_less),
    "a value that wavers": lambda patch: patch.setattr(worth, "BAND", 0),
    "what owners forbid": lambda patch: patch.setattr(worth, "_allowed", lambda task, battery: task),
    "batteries do not feed each other": lambda patch: patch.setattr(worth, "moved_by_others", lambda *_: 0.0),
    "who is cold is not blocked": lambda patch: patch.setattr(
        planned, "_may_rest", lambda pump, _: not pump.guaranteed_w
    ),
    "nor who is guaranteed its power": lambda patch: patch.setattr(planned, "_may_rest", _rests_whoever_is_warm),
    "what raises no charge for power": lambda patch: patch.setattr(planned, "import_w", lambda inputs: None),
    "an ampere more only with some to spare": lambda patch: patch.setattr(planned, "_SPARE_A", 0.0),
    "halves of an ampere": lambda patch: patch.setattr(planned, "_ROUND_A", 0.0),
    "cars that the plan charges are not fed": lambda patch: patch.setattr(
        charging, "SOLAR_CODES", (*charging.SOLAR_CODES, "plan_car")
    ),
}


def _rests_whoever_is_warm(pump: Any, read: Any) -> bool:
    return all(told is not None and told >= low for told, low, _ in read.values())


def _for_no_less(judge: worth._Judge, so_far: bool) -> bool:
    sold = judge.price.export
    return sold is None or judge.charge * judge.value >= sold - (worth.BAND if so_far else 0)


def _always_kept(was: Course | None, new: Course, dt: float, end_at_once: tuple[str, ...] = ()) -> Course:
    """For HOLD_S, whatever becomes of the price."""
    if was is None:
        return replace(new, for_s=planned.HOLD_S)
    kept = new.way != was.way and was.for_s < planned.HOLD_S
    return replace(new, way=was.way if kept else new.way, for_s=was.for_s + dt if kept or new.way == was.way else 0.0)


@pytest.mark.parametrize("care", PLANNED)
def test_each_care_of_a_plan_is_missed(care: str, monkeypatch: Patch) -> None:
    PLANNED[care](monkeypatch)
    assert _noticed(_codes(planned, worth) - {"no_plan"}, step.step)


# -- fuses and connection ----------------------------------------------------------------------------------------------

ROOMY: dict[str, tuple[Any, Callable[..., Any]]] = {
    "Fuses.give": (fuse.Fuses, lambda self, device, phase, amps: None),
    "Fuses._at_grid": (fuse.Fuses, lambda self, i, circuit, d, phase, way: fuse.Room(circuit, phase, 1e6)),
    "Fuses._behind_it": (fuse.Fuses, lambda self, i, circuit, d, phase, way: fuse.Room(circuit, phase, 1e6)),
    "Fuses.newly": (fuse.Fuses, lambda self, inputs, device, phase, way: 0.0),
    "load_over": (fuse, lambda inputs, phase, way: 0.0),
    "Fuses._whole_will_do": (fuse.Fuses, lambda self, device: True),
    "Fuses._whole": (fuse.Fuses, lambda self, inputs, phase, way: 0.0),
    "Fuses.refuses": (fuse.Fuses, lambda self, inputs, device, more_w: None),
    "Fuses._left": (fuse.Fuses, lambda self, inputs, circuit, phase: 1e6),
    "Connection.give": (connection.Connection, lambda self, device, watts: None),
    "Connection.free": (connection.Connection, lambda self, inputs, device, way: None),
    "Connection.refuses": (connection.Connection, lambda self, inputs, device, more_w: None),
    "caps": (turn, lambda limits, requests: {}),
}
NO_GUARDS = {"Fuses.__init__", "Fuses.rooms", "Connection.__init__", "Cap.reason", "unmet_limits", "_holds"}


def _functions(module: ModuleType) -> Iterator[str]:
    for node in _tree(module).body:
        if isinstance(node, ast.FunctionDef):
            yield node.name
        if isinstance(node, ast.ClassDef):
            yield from (f"{node.name}.{f.name}" for f in node.body if isinstance(f, ast.FunctionDef))


@pytest.mark.parametrize("name", ROOMY)
def test_each_part_of_a_budget_is_missed(name: str, monkeypatch: Patch) -> None:
    owner, roomy = ROOMY[name]
    monkeypatch.setattr(owner, name.rpartition(".")[2], roomy)
    assert _noticed(frozenset({"fuse_limit", "import_limit", "export_limit", "stale_input"}), step.step)


def test_each_part_of_a_budget_is_listed() -> None:
    assert {*_functions(fuse), *_functions(connection)} - NO_GUARDS == ROOMY.keys()
