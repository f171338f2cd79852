# SPDX-License-Identifier: GPL-2.0-or-later
"""What the decoders make of what was received: a digest a frame, in the order of output."""

import os
import subprocess

from demo import layout
from switching import rtp

# ffmpeg's names of the formats that the depacketizers write
FFMPEG_FORMAT = {"H264": "h264", "H265": "hevc"}
# of which there are files of layers
LAYERED = ("VP9", "AV1")
BYTE_STREAM = {"H264": "video/x-h264", "H265": "video/x-h265"}


def _run(argv):
    """(standard output, complaints): a decoder that does its work says nothing."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          env=os.environ | layout.environment())
    complaint = done.stderr.strip()
    if done.returncode and not complaint:
        complaint = f"{argv[0]}: exit status {done.returncode}"
    return done.stdout, complaint


def _received(path, encoding):
    """The beginning of a GStreamer pipeline: a file of datagrams, depacketized."""
    return ["gst-launch-1.0", "--quiet", "filesrc", f"location={path}", "!",
            f"application/x-rtp-stream,media=video,clock-rate=90000,encoding-name={encoding}",
            "!", "rtpstreamdepay", "!", f"rtp{encoding.lower()}depay", "!"]


def _byte_stream(path, encoding):
    target = path.with_suffix(".stream")
    _, complaint = _run([*_received(path, encoding),
                         f"{BYTE_STREAM[encoding]},stream-format=byte-stream,alignment=au", "!",
                         "filesink", f"location={target}"])
    return target, complaint


def ffmpeg_file(path, file_format):
    out, complaint = _run(["ffmpeg", "-nostdin", "-loglevel", "warning", "-threads", "1",
                           "-f", file_format, "-i", str(path), "-an",
                           "-fps_mode", "passthrough", "-f", "framemd5", "-"])
    return [line.split()[-1] for line in out.splitlines() if not line.startswith("#")], complaint


def openh264_file(path):
    out, complaint = _run([layout.program("media/svcdec"), str(path)])
    return [line.split()[1] for line in out.splitlines()], complaint


def libvpx_vp8(path):
    out, complaint = _run([*_received(path, "VP8"), "vp8dec", "!", "video/x-raw,format=I420",
                           "!", "checksumsink", "hash=md5", "sync=false"])
    return [line.split()[-1] for line in out.splitlines() if line], complaint


def layered_file(path):
    """libvpx or libaom, as the file says."""
    out, complaint = _run([layout.program("media/layerdec"), str(path)])
    return [line.split()[-1] for line in out.splitlines()], complaint


def _layers(path, encoding):
    target = path.with_suffix(".layered")
    _, complaint = _run([layout.program("media/layerdepay"), f"--codec={encoding.lower()}",
                         str(path), str(target)])
    return target, complaint


def _file(decoder, encoding, stream):
    if decoder == "openh264":
        return openh264_file(stream)
    if decoder == "ffmpeg":
        return ffmpeg_file(stream, FFMPEG_FORMAT[encoding])
    return layered_file(stream)


def decode(decoder, encoding, datagrams, path):
    """(digests, complaints). path: where the datagrams are kept meanwhile."""
    rtp.write(path, datagrams)
    if encoding == "VP8":
        return libvpx_vp8(path)
    depacketized = _layers if encoding in LAYERED else _byte_stream
    stream, complaint = depacketized(path, encoding)
    return ([], complaint) if complaint else _file(decoder, encoding, stream)
