"""The planner: `problem -> plan`, pure and deterministic. What each device is to do in each step, and why."""

from hub.plan.make import at_once, plan
from hub.plan.problem import Problem
from hub.plan.read import problem_schema, read_problem, read_text
from hub.plan.result import Planned

__all__ = ["Planned", "Problem", "at_once", "plan", "problem_schema", "read_problem", "read_text"]
