# SPDX-License-Identifier: GPL-2.0-or-later
"""The streams, one for each codec, and what a fan-out may do with each."""

import json
from dataclasses import dataclass

from demo import layout

WIDTH, HEIGHT, FRAME_RATE = 384, 216, 20
# Twice the clip: 28 s.
LOOPS = 2
CLOCK_RATE = 90000
STEP = CLOCK_RATE // FRAME_RATE

# Of a datagram: part of a picture, what a decoder needs before one, what it does not need.
PICTURE, PARAMETERS, OTHER = "picture", "parameters", "other"


@dataclass(frozen=True)
class Stream:
    name: str
    title: str
    codec: int                  # enum rtp_fanout_codec
    encoding: str               # as RTP calls it (the encoding name of SDP)
    decoder: str
    spatial: int = 1
    temporal: int = 1
    # what caps are chosen from, where the kernel knows fewer layers
    choices: tuple = ()
    pause: bool = True
    dependency_id: int = 0      # of the header extension that says the layer, 0 for none
    # So many destinations, the last, are AVC decoders: they decode the base whatever else
    # comes, and may lose a layer at any access unit.
    immediate: int = 0
    # A decoder does without the upper spatial layers from any access unit on.
    down_anywhere: bool = False
    # The marker bit says the end of what a destination gets, not of what was sent.
    marks_end: bool = False

    @property
    def caps(self):
        return self.choices or (self.spatial, self.temporal)

    def path(self, name):
        return layout.media(f"switching/{self.name}/{name}")

    @property
    def datagrams(self):
        return self.path("stream.rtp")

    def description(self):
        """What is where in the stream, from its encoder and packetizer."""
        return json.loads(self.path("description.json").read_text())

    def reference(self, did):
        """What the decoder makes of the file cut to the layers up to this one: a digest
        for each picture, in the order of the file.
        """
        return json.loads(self.path(f"reference-{did}.json").read_text())


ALL = (
    Stream("h264-svc", "H.264 SVC", 2, "H264", "openh264", spatial=3, temporal=3, immediate=4),
    Stream("h264-svc-ffmpeg", "H.264 SVC, ffmpeg's packets", 2, "H264", "openh264", spatial=3,
           temporal=3, immediate=4),
    Stream("h264-avc", "H.264 AVC", 3, "H264", "ffmpeg", temporal=2),
    Stream("h265", "H.265", 4, "H265", "ffmpeg", temporal=2),
    Stream("vp8", "VP8", 5, "VP8", "libvpx", temporal=3),
    Stream("vp9", "VP9", 6, "VP9", "libvpx", spatial=3, temporal=3, down_anywhere=True,
           marks_end=True),
    # Without the descriptor nothing but the sender's marker bit says where a picture ends.
    Stream("av1", "AV1", 7, "AV1", "libaom", spatial=3, temporal=3, down_anywhere=True),
    Stream("av1-dd", "AV1, dependency descriptor", 7, "AV1", "libaom", spatial=3, temporal=3,
           dependency_id=5, down_anywhere=True, marks_end=True),
    # No layers: who gets it at all gets all of it.
    Stream("opaque", "opaque (H.264)", 1, "H264", "ffmpeg", choices=(3, 3), pause=False),
)
