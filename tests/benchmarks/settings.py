"""The project's settings with one bare view beside its own pages."""

from yibao.settings import *  # noqa: F403

ROOT_URLCONF = "tests.benchmarks.urls"
