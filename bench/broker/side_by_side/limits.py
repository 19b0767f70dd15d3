# SPDX-License-Identifier: Apache-2.0
"""What disk, loopback and client can do by themselves, on this machine at this time."""

from .load import describe


def alone(load, folder, seconds, say):
    """{"disk", "loopback", "client"}: broker-load's answers, without a broker."""
    say("limits of disk, loopback and client")
    found = {"disk": load.run("disk", directory=folder, seconds=seconds),
             "loopback": load.run("loopback", seconds=seconds),
             "client": load.run("produce", mock=1, partitions=16, keys=10_000, warm_up=1, seconds=seconds)}
    for told in found.values():
        del told["failures"], told["mode"]
    small, large = found["disk"]["small"], found["disk"]["large"]
    say(f"    fdatasync: {small['syncs_per_s']:,.0f}/s of 4 KiB, p50 {small['latency_us']['p50'] / 1e3:.2f} ms; "
        f"{large['megabytes_per_s']:,.0f} MB/s of 1 MiB each")
    say(f"    loopback: {found['loopback']['stream']['megabytes_per_s']:,.0f} MB/s, round trip p50 "
        f"{found['loopback']['round_trip_us']['p50']:.0f} us")
    say(f"    client against a mock: {describe(found['client'])}")
    return found


def sync_p50_us(load, folder, seconds):
    """The median of a 4 KiB write with its fdatasync, one behind the other."""
    return load.run("disk", directory=folder, seconds=seconds)["small"]["latency_us"]["p50"]
