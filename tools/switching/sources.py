# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes each stream: encoded, packetized, described, and decoded for comparison.

Which layer a datagram is of is taken from the encoder, never from the datagram as the
kernel reads it.
"""

import itertools
import json
import os
import socket
import struct
import subprocess
import tempfile
from pathlib import Path

from build.progress import Failed
from demo import layout
from switching import decoders, rtp
from switching.streams import FRAME_RATE, HEIGHT, OTHER, PARAMETERS, PICTURE, STEP, WIDTH

# What is built here and makes or decodes streams.
PROGRAMS = ("svcenc", "svccut", "svcdec", "vp8enc", "vp9enc", "av1enc", "layerpay", "layercut",
            "layerdec")
MTU = 1200
# On the loopback device, for what must not be cut up.
MTU_MODE0 = 60000
# Numbers and timestamps that wrap on the way.
PAYLOADER = ["pt=96", f"mtu={MTU}", "ssrc=1234567", "seqnum-offset=65000",
             "timestamp-offset=4294900000"]

# NAL unit types, RFC 6184 and RFC 7798: parameter sets, other than pictures, and fragments.
H264_PARAMETERS, H264_OTHER, H264_FRAGMENT = (7, 8, 13, 15), (6, 9, 10, 11, 12), 28
H265_PARAMETERS, H265_OTHER, H265_FRAGMENT = (32, 33, 34), range(35, 41), 49


def _run(argv):
    done = subprocess.run([str(word) for word in argv], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True,
                          env=os.environ | layout.environment())
    if done.returncode or done.stderr.strip():
        raise Failed(f"{argv[0]} failed (exit {done.returncode}): {done.stderr.strip()}")
    return done.stdout


def _encode(argv):
    """As _run(), but for encoders of ours, which say how far they are when they take long."""
    done = subprocess.run([str(word) for word in argv], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True,
                          env=os.environ | layout.environment())
    if done.returncode:
        raise Failed(f"{argv[0]} failed (exit {done.returncode}); it is said above")
    return done.stdout


def _packetized(stream, source, payloader):
    _run(["gst-launch-1.0", "--quiet", *source, "!", *payloader, *PAYLOADER, "!",
          "rtpstreampay", "!", "filesink", f"location={stream.datagrams}"])
    return rtp.read(stream.datagrams)


def _by_timestamp(datagrams):
    """For each datagram the number of its picture."""
    groups = itertools.groupby(datagrams, lambda each: each.timestamp)
    return [number for number, (_, group) in enumerate(groups) for _ in group]


def _describe(stream, pictures, packets):
    """pictures: (time of output, layers that begin anew) of each; packets: (picture,
    did, tid, kind) of each datagram.
    """
    if {packet[0] for packet in packets} != set(range(len(pictures))):
        raise Failed(f"{stream.name}: the packetizer made other pictures than the encoder")
    stream.path("description.json").write_text(json.dumps(
        {"pictures": pictures, "packets": packets}))


def _refer(stream, did, digests, complaint, order):
    """order: the pictures of the file as a decoder puts them out."""
    if complaint or len(digests) != len(order):
        raise Failed(f"{stream.name}: the decoder does not decode the file cut to layer "
                     f"{did}: {len(digests)} frames of {len(order)}. {complaint}")
    reference = [digest for _, digest in sorted(zip(order, digests))]
    stream.path(f"reference-{did}.json").write_text(json.dumps(reference))


def _units(path, lines):
    """(picture, did, tid, kind, bytes) of each NAL unit of a file that svcenc wrote."""
    data, pos = path.read_bytes(), 0
    for line in lines.splitlines():
        frame, did, tid, kind, octets = line.split()
        pos += 4
        yield int(frame), int(did), int(tid), kind, data[pos:pos + int(octets)]
        pos += int(octets)


def _located(datagrams, units, header):
    """(picture, did, tid, kind) of each datagram: of the unit in which its bytes behind the
    payload's header are.
    """
    left = iter(units)
    unit, pos = next(left), 0
    for datagram in datagrams:
        part = datagram.payload[header:]
        if pos == len(unit[-1]):
            unit, pos = next(left), 0
        found = unit[-1].find(part, pos)
        if found < 0:
            raise Failed("what was packetized is not what the encoder wrote")
        pos = found + len(part)
        picture, did, tid, kind, _ = unit
        yield picture, did, tid, PARAMETERS if kind == PARAMETERS else PICTURE
    if pos < len(unit[-1]) or next(left, None):
        raise Failed("the packetizer left out what the encoder wrote")


def _by_ffmpeg(stream, source):
    """Packetized by ffmpeg, which sends and does not write. Each NAL unit by itself (RFC
    6184, mode 0): else it aggregates units of several spatial layers where they are small,
    and a relay can no longer tell these apart.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 20)
        end.bind(("127.0.0.1", 0))
        # its RTCP goes to the next port
        sender = subprocess.Popen([
            "ffmpeg", "-nostdin", "-loglevel", "error", "-threads", "1", *source, "-c", "copy",
            "-f", "rtp", "-payload_type", "96", "-ssrc", "1234567", "-seq", "65000",
            "-rtpflags", "h264_mode0",
            f"rtp://127.0.0.1:{end.getsockname()[1]}?pkt_size={MTU_MODE0}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        end.settimeout(1)
        datagrams = []
        while True:
            try:
                datagrams.append(end.recv(65536))
            except TimeoutError:
                if sender.poll() is not None:
                    break
    if sender.returncode:
        raise Failed(f"ffmpeg failed (exit {sender.returncode})")
    rtp.write(stream.datagrams, datagrams)
    return rtp.read(stream.datagrams)


def _svc_by_gstreamer(stream, coded, units):
    """The payloader is given whole pictures, but no time: that is added."""
    with tempfile.TemporaryDirectory(prefix="rtprelay-") as scratch:
        for frame, group in itertools.groupby(units, lambda unit: unit[0]):
            (Path(scratch) / f"{frame:05}").write_bytes(
                b"".join(b"\0\0\0\1" + unit[-1] for unit in group))
        datagrams = _packetized(stream, [
            "multifilesrc", f"location={scratch}/%05d",
            "caps=video/x-h264,stream-format=byte-stream,alignment=au"],
            ["rtph264pay", "aggregate-mode=none", "config-interval=0"])
    pictures = [packet[0] for packet in _located(datagrams, units, 2)]
    rtp.write(stream.datagrams, [
        rtp.at(data, datagram.timestamp + picture * STEP) for data, datagram, picture
        in zip(rtp.raw(stream.datagrams), datagrams, pictures)])
    return rtp.read(stream.datagrams)


def _svc_by_ffmpeg(stream, coded, units):
    return _by_ffmpeg(stream, ["-r", str(FRAME_RATE), "-f", "h264", "-i", str(coded)])


def h264_svc(stream, raw, packetized=_svc_by_gstreamer):
    coded, lines = stream.path("stream.264"), stream.path("layers")
    _encode([layout.program("media/svcenc"), f"--width={WIDTH}", f"--height={HEIGHT}",
             f"--rate={FRAME_RATE}", f"--layers={lines}", raw, coded])
    units = list(_units(coded, lines.read_text()))
    datagrams = packetized(stream, coded, units)
    keys = {unit[0] for unit in units if unit[3] == "key"}
    pictures = [(frame * STEP, list(range(stream.spatial)) if frame in keys else [])
                for frame in range(units[-1][0] + 1)]
    _describe(stream, pictures, list(_located(datagrams, units, 2)))
    for did in range(stream.spatial):
        cut = stream.path(f"cut-{did}.264")
        _run([layout.program("media/svccut"), f"--cap={did},15,7", coded, cut])
        _refer(stream, did, *decoders.openh264_file(cut), range(len(pictures)))


def h264_svc_by_ffmpeg(stream, raw):
    """It gives a prefix NAL unit the timestamp of the picture before, and a marker bit."""
    h264_svc(stream, raw, _svc_by_ffmpeg)


def _encoded(raw, codec, coded):
    """(time of output, key, disposable) of each picture, in the order of the file; the
    encoder says so of those that nothing refers to, or that they are B pictures.
    """
    listed = coded.with_suffix(".list")
    _run(["ffmpeg", "-nostdin", "-y", "-loglevel", "error", "-threads", "1", "-f", "rawvideo",
          "-pix_fmt", "yuv420p", "-s", f"{WIDTH}x{HEIGHT}", "-r", FRAME_RATE, "-i", raw,
          "-map", "0:v", "-threads", "1", "-g", 2 * FRAME_RATE, *codec,
          "-f", "tee", f"[f=mpegts]{coded}|[f=framecrc]{listed}"])
    for line in listed.read_text().splitlines():
        if not line.startswith("#"):
            fields = [field.strip() for field in line.split(",")]
            flags = next((int(field[2:], 16) for field in fields if field[:2] == "F="), 1)
            yield int(fields[2]), bool(flags & 1), bool(flags & 0x10)


def _in_time(pictures):
    return sorted(range(len(pictures)), key=lambda number: pictures[number][0])


def h264_avc(stream, raw):
    coded = stream.path("stream.ts")
    pictures = list(_encoded(raw, ["-c:v", "libx264", "-preset", "veryfast", "-b:v", "300k",
                                   "-bf", 2, "-x264-params",
                                   "b-pyramid=none:scenecut=0:keyint=40:min-keyint=40"], coded))
    kinds = _run(["ffprobe", "-v", "error", "-show_entries", "frame=pict_type",
                  "-of", "csv=p=0", coded]).split()
    shown = dict(zip(_in_time(pictures), (kind.strip(",") for kind in kinds)))
    datagrams = _packetized(stream, ["filesrc", f"location={coded}", "!", "tsdemux", "!",
                                     "h264parse"], ["rtph264pay", "aggregate-mode=none"])

    def packet(number, payload):
        kind = payload[0] & 0x1f
        if kind == H264_FRAGMENT:
            kind = payload[1] & 0x1f
        if kind in H264_PARAMETERS:
            return number, 0, 0, PARAMETERS
        if kind in H264_OTHER:
            return number, 0, 0, OTHER
        # no pyramid: no picture refers to a B picture
        return number, 0, int(shown[number] == "B"), PICTURE

    _describe(stream, [(time * STEP, [0] * key) for time, key, _ in pictures],
              [packet(number, datagram.payload)
               for number, datagram in zip(_by_timestamp(datagrams), datagrams)])
    _refer(stream, 0, *decoders.ffmpeg_file(coded, "mpegts"), _in_time(pictures))


def h265(stream, raw):
    coded = stream.path("stream.ts")
    pictures = list(_encoded(raw, ["-c:v", "libx265", "-preset", "veryfast", "-b:v", "300k",
                                   "-x265-params",
                                   "log-level=error:pools=1:frame-threads=1:temporal-layers=1:"
                                   "bframes=3:b-adapt=0:b-pyramid=1:keyint=40:min-keyint=40:"
                                   "scenecut=0:open-gop=0:repeat-headers=1"], coded))
    datagrams = _packetized(stream, ["filesrc", f"location={coded}", "!", "tsdemux", "!",
                                     "h265parse"], ["rtph265pay", "aggregate-mode=none"])

    def packet(number, payload):
        kind, tid = payload[0] >> 1 & 0x3f, (payload[1] & 7) - 1
        if kind == H265_FRAGMENT:
            kind = payload[2] & 0x3f
        if kind in H265_PARAMETERS:
            return number, 0, 0, PARAMETERS
        if kind in H265_OTHER:
            return number, 0, tid, OTHER
        if tid != int(pictures[number][2]):
            raise Failed(f"{stream.name}: picture {number} is of temporal layer {tid}, and "
                         "the encoder says otherwise")
        return number, 0, tid, PICTURE

    _describe(stream, [(time * STEP, [0] * key) for time, key, _ in pictures],
              [packet(number, datagram.payload)
               for number, datagram in zip(_by_timestamp(datagrams), datagrams)])
    _refer(stream, 0, *decoders.ffmpeg_file(coded, "mpegts"), _in_time(pictures))


def vp8(stream, raw):
    lines = _encode([layout.program("media/vp8enc"), f"--width={WIDTH}", f"--height={HEIGHT}",
                     f"--rate={FRAME_RATE}", raw, stream.datagrams]).splitlines()
    layers = [(int(line.split()[0]), line.split()[1] == "key") for line in lines]
    datagrams = rtp.read(stream.datagrams)
    _describe(stream, [(number * STEP, [0] * key) for number, (_, key) in enumerate(layers)],
              [(number, 0, layers[number][0], PICTURE) for number in _by_timestamp(datagrams)])
    _refer(stream, 0, *decoders.libvpx_vp8(stream.datagrams), range(len(layers)))


def _frames(path):
    """(number, picture, sid, numbers of the frames that it refers to) of each frame in a
    file of layers; media/layered.h has its format.
    """
    data, pos = path.read_bytes(), 16
    while pos < len(data):
        number, picture, _, octets, _, _, sid, _, _, count, *back = struct.unpack_from(
            "<4I2H4B12H", data, pos)
        yield number, picture, sid, [number - each for each in back[:count]]
        pos += 48 + octets


def _layered(stream, raw, encoder, begins_within):
    """begins_within: whether datagrams say where an upper layer alone begins anew."""
    coded = stream.path("stream.layered")
    _encode([layout.program(f"media/{encoder}"), f"--width={WIDTH}", f"--height={HEIGHT}",
             f"--rate={FRAME_RATE}", f"--key={2 * FRAME_RATE}", raw, coded])
    lines = _run([layout.program("media/layerpay"), f"--mtu={MTU}",
                  f"--dependency-id={stream.dependency_id}", coded, stream.datagrams])
    packets = [line.split() for line in lines.splitlines()]
    begins = {int(picture): set(range(stream.spatial))
              for picture, _, _, kind in packets if kind == "key"}
    first = {}
    for number, picture, sid, refers in _frames(coded):
        first.setdefault(picture, number)
        if begins_within and all(each >= first[picture] for each in refers):
            begins.setdefault(picture, set()).add(sid)
    pictures = [(number * STEP, sorted(begins.get(number, ()))) for number in range(len(first))]
    _describe(stream, pictures, [(int(picture), int(sid), int(tid), PICTURE)
                                 for picture, sid, tid, _ in packets])
    for did in range(stream.spatial):
        cut = stream.path(f"cut-{did}.layered")
        _run([layout.program("media/layercut"), f"--cap={did},7", coded, cut])
        _refer(stream, did, *decoders.layered_file(cut), range(len(pictures)))


def vp9(stream, raw):
    _layered(stream, raw, "vp9enc", True)


def av1(stream, raw):
    _layered(stream, raw, "av1enc", bool(stream.dependency_id))


def opaque(stream, raw):
    """The stream of another codec, of which the kernel is not told what it is."""
    h264_avc(stream, raw)
    described = stream.description()
    _describe(stream, described["pictures"],
              [(number, 0, 0, PICTURE) for number, *_ in described["packets"]])


MAKERS = {"h264-svc": h264_svc, "h264-svc-ffmpeg": h264_svc_by_ffmpeg,
          "h264-avc": h264_avc, "h265": h265, "vp8": vp8,
          "vp9": vp9, "av1": av1, "av1-dd": av1, "opaque": opaque}
