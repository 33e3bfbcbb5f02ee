"""The findings in words: what was seen and what to do about it. The page and the printed report share them."""

from __future__ import annotations

from hub.commission.finding import Finding

CHECKS = {
    "grid_direction": "Grid meter: direction and scale",
    "ct_direction": "Grid meter: each current transformer",
    "phase_order": "Order of the phases",
    "phase_assignment": "Phase of each load",
    "phase_sum": "Phases against the total",
    "battery_direction": "Battery: direction",
    "solar_direction": "Solar: direction",
    "counters": "Energy counters",
    "control": "Set-points are obeyed",
    "reversion": "Lets go when the hub is silent",
    "clock": "Clocks",
}

_SAID = {
    "grid_right": ("Loads that were switched show on the meter as they should.", ""),
    "nothing_to_step": (
        "There is nothing the hub could switch to test the meter.",
        "Plug in a car, or take a battery into the house.",
    ),
    "grid_reversed": (
        "The meter counts import as export.",
        "Turn the meter or all its current transformers round, or set `reversed = true` for it.",
    ),
    "grid_blind": (
        "A load was switched and the meter did not see it.",
        "The load is not behind this meter, or another device is the grid meter.",
    ),
    "ct_reversed": ("The current transformer on L{phase} is the wrong way round.", "Turn it, or swap its two wires."),
    "ct_missing": ("Nothing is seen on L{phase}.", "Its current transformer is not closed, or its wires are loose."),
    "ct_scale": (
        "The meter shows the wrong amount: the true power is {factor} times as much.",
        "Set the transformer ratio in the meter.",
    ),
    "phases_right": ("L1, L2 and L3 are the same for all devices.", ""),
    "no_voltages": ("No two devices tell the voltages of all phases.", ""),
    "voltages_alike": ("The phases' voltages are too alike to tell them apart.", "Try again when more is switched on."),
    "phases_swapped": (
        "{phases} are changed over at the grid meter.",
        "Change the voltage taps and the transformers over, both together.",
    ),
    "device_phases_swapped": (
        "{phases} are changed over at this device.",
        "Name its true phases in the site document, or rewire it.",
    ),
    "phase_right": ("It loads L{seen}, as the site document says.", ""),
    "phase_assignment": (
        "It loads L{seen}, and the site document says L{told}.",
        "Correct `control.phases`: the fuse of L{seen} depends on it.",
    ),
    "sum_right": ("The phases add up to the total.", ""),
    "sum_wrong": (
        "The phases add up to {phases} W, and the total says {total} W.",
        "A transformer is the wrong way round, or the map is not this meter's.",
    ),
    "battery_right": ("It discharges when it is told to, and says so.", ""),
    "battery_reversed": (
        "It was told to discharge and shows charging, or the other way round.",
        "The sign in its map is not this device's; report it, and do not let the hub drive it until then.",
    ),
    "battery_did_not_move": (
        "It did not move when it was told to.",
        "It may be full or empty, or external control is not released in it.",
    ),
    "pv_right": ("It shows production as production.", ""),
    "pv_reversed": (
        "It shows production as consumption ({watts} W).",
        "Turn the meter round, or set `reversed = true`.",
    ),
    "pv_at_night": ("It shows {watts} W of sun at night.", "The meter measures something else than the panels."),
    "too_dark": ("There is no sun to tell from.", "Test again by day."),
    "no_power_told": ("It does not tell what its panels make.", ""),
    "counter_right": ("It counts what the power comes to ({counter}).", ""),
    "counter_stands": ("{counter} does not count.", "The map is not this device's, or its counter is written seldom."),
    "counter_scale": (
        "{counter} counts wrongly: the true energy is {factor} times as much.",
        "The transformer ratio or the map is not this device's.",
    ),
    "counters_swapped": ("Import and export counters are changed over.", "Turn the meter round, or correct its map."),
    "too_little_energy": (
        "Too little flowed to judge the counters.",
        "Test again with more load; a counter that moves in steps of 1 kWh cannot be judged in a test.",
    ),
    "counts_what": (
        "{counter} is not what went to the AC side.",
        "It may be what the panels made, which the inverter does not tell otherwise.",
    ),
    "set_obeyed": ("{value} was set and shown after {ms} ms.", ""),
    "set_refused": ("It refused {value}.", "External control is not released in it, or the map is not this device's."),
    "set_no_answer": ("It did not answer when {value} was set.", "Look at its link."),
    "set_pending": ("It took {value}, but shows something else.", "Another controller may be driving it."),
    "not_put_back": (
        "It was set to {value} for this test, and what it was before could not be set again.",
        "Set it at the device itself.",
    ),
    "limit_not_obeyed": (
        "{value} {unit} was set and shown, and {flows} {unit} flow.",
        "Fuse and grid are not protected by this device; look at its own settings.",
    ),
    "export_not_held": (
        "{value} W was set as the most that may be fed in and shown, and {flows} W are fed in.",
        "What the grid operator allows is not kept by this device; look at its meter and its own settings.",
    ),
    "slow_answer": (
        "It took {ms} ms until it showed {value}.",
        "Fast control of the fuse is not possible with it; lower its limit for good.",
    ),
    "lets_go": ("It let go {watchdog_s} s after the hub's last word and took {shown} by itself.", ""),
    "no_reversion": (
        "It still held {held} long after its watchdog of {watchdog_s} s.",
        "When the hub dies it goes on for ever; set its failsafe.",
    ),
    "not_shown": ("It does not show what it does when the hub is silent.", ""),
    "mend_first": ("This cannot be told while another fault stands in the way.", "Mend that first, and test again."),
    "clock_right": ("The hub knows the time.", ""),
    "clock_not_set": ("The hub does not know the time.", "Connect it to the internet once, or set the time."),
    "clock_agrees": ("Its clock and the hub's are no more than {seconds} s apart.", ""),
    "clock_off": (
        "Its clock is {seconds} s {way} the hub's; which of the two is wrong cannot be told.",
        "Compare both with a good clock. Whole hours are a time zone or summer time that is set wrongly.",
    ),
}


def said(finding: Finding) -> tuple[str, str]:
    """(what was seen, what to do about it, empty for nothing)"""
    seen, mend = _SAID[finding.code]
    numbers = {k: f"{v:g}" if isinstance(v, float) else v for k, v in finding.numbers.items()}
    if finding.code == "ct_scale" and "phase" in numbers:
        seen = f"On L{numbers['phase']}: {seen[0].lower()}{seen[1:]}"
    return seen.format(**numbers), mend.format(**numbers)
