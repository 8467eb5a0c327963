"""An event file as TensorBoard's own writer makes it, which EventFileTests.swift expects byte by byte; and what TensorBoard
reads of it, or of any run folder.

    pip install tensorboard
    python make_events.py            # writes events.golden, and checks that TensorBoard reads what was meant
    python make_events.py FOLDER     # lists the tags and values that TensorBoard reads there
"""
import pathlib
import sys
import tempfile

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

HERE = pathlib.Path(__file__).parent


def scalars(step, **values):
    summary = Summary(value=[Summary.Value(tag=tag.replace("_", "/"), simple_value=value) for tag, value in values.items()])
    return Event(wall_time=1700000000.5, step=step, summary=summary)


def read(folder):
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0, "images": 0})
    events.Reload()
    found = {tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
    images = {tag: [(e.step, e.width, e.height, len(e.encoded_image_string)) for e in events.Images(tag)]
              for tag in events.Tags()["images"]}
    return found, images


def main():
    if len(sys.argv) > 1:
        found, images = read(sys.argv[1])
        for tag, values in found.items():
            print(tag, len(values), "first", values[0], "last", values[-1])
        for tag, values in images.items():
            print(tag, values)
        return
    image = Summary.Image(height=40, width=300, colorspace=3, encoded_image_string=bytes(range(200)))
    events = [
        Event(wall_time=1700000000.5, file_version="brain.Event:2"),
        Event(wall_time=1700000000.5, step=300, session_log=SessionLog(status=SessionLog.START)),
        scalars(300, train_loss=2.5, train_lr=0.0, eval_AP=-1e-3),
        Event(wall_time=1700000000.5, step=2**40, summary=Summary(value=[Summary.Value(tag="bäume", image=image)])),
    ]
    with open(HERE / "events.golden", "wb") as file:
        writer = RecordWriter(file)
        for event in events:
            writer.write(event.SerializeToString())
        writer.flush()
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "events.out.tfevents.1").write_bytes((HERE / "events.golden").read_bytes())
        found, images = read(folder)
    assert found["train/loss"] == [(300, 2.5)] and found["train/lr"] == [(300, 0.0)], found
    assert images == {"bäume": [(2**40, 300, 40, 200)]}, images


main()
