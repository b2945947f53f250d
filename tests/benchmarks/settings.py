"""The project's settings with views that do the same work raw beside its own pages."""

from yibao.settings import *  # noqa: F403

ROOT_URLCONF = "tests.benchmarks.urls"
