"""One process that works a run off: `python -m tests.benchmarks.worker RUN`."""

import json
import resource
import sys

import django


def main() -> None:
    django.setup()
    from accounts.jobs import worker
    from accounts.models import Chunk
    from yibao.celery import freeze_start_up
    from yibao.lib import clock

    freeze_start_up()  # as Celery's worker processes do
    run = int(sys.argv[1])
    Chunk.objects.filter(run=run).exists()  # the connection stands before the start
    print("ready", flush=True)
    sys.stdin.readline()
    while waiting := list(Chunk.objects.filter(run=run, state="waiting").order_by("id").values_list("id", flat=True)):
        worked = [worker.work_chunk(chunk_id=chunk, now=clock.now()) for chunk in waiting]
        if not any(worked):
            break  # the others hold what is left
    print(json.dumps({"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}), flush=True)


if __name__ == "__main__":
    main()
