# SPDX-License-Identifier: Apache-2.0
"""Two hosts that say to each other, over both families, what a sensor has to count.

	hosts.py peer SIZE ADDRESS…            answers until it is ended
	hosts.py talk SIZE SOURCE,PEER…        says all of it and ends

A transfer of SIZE bytes each way, bursts of UDP that the kernel cuts into datagrams, and datagrams larger
than a packet.  Whoever sent a transfer prints its address, "sent", and the kernel's own count of it:
segments and bytes, repetitions and all.
"""

import os
import select
import socket
import struct
import sys
import time

UP, DOWN, BURSTS, LARGE = 5001, 5004, 5002, 5003
UDP_SEGMENT, SO_RCVBUFFORCE = 103, 33
SEGMENT, BURST, BURST_COUNT = 1000, bytes(20300), 5
DATAGRAM, DATAGRAM_COUNT = bytes(3000), 4
RECEIVE_BUFFER = 150_000
SILENCE_S, TCP_CLOSE = 10, 7


def family_of(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def tcp_info(talk: socket.socket) -> bytes:
    return talk.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)


def send_transfer(talk: socket.socket, size: int) -> None:
    """The other side closes first: then there is an end, after which nothing more of ours is sent."""
    talk.sendall(bytes(size))
    assert talk.recv(1) == b""
    talk.shutdown(socket.SHUT_WR)
    info = tcp_info(talk)
    while info[0] != TCP_CLOSE:
        time.sleep(0.001)
        info = tcp_info(talk)
    # struct tcp_info: tcpi_segs_out and tcpi_bytes_sent.
    print(talk.getsockname()[0], "sent", *struct.unpack_from("=I", info, 136), *struct.unpack_from("=Q", info, 200),
          flush=True)
    talk.close()


def receive_transfer(talk: socket.socket, size: int) -> None:
    # A veth device that merges holds 256 packets and drops the rest, which then is on one wire only: the
    # window is kept below that.
    talk.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
    while size:
        size -= len(talk.recv(min(size, 1 << 18)))
    talk.close()


def udp(address: str, port: int) -> socket.socket:
    made = socket.socket(family_of(address), socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 22)
    made.settimeout(SILENCE_S)
    made.bind((address, port))
    return made


def send_bursts(sender: socket.socket, to: tuple) -> None:
    sender.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, SEGMENT)
    for _ in range(BURST_COUNT):
        sender.sendto(BURST, to)


def send_large(sender: socket.socket, to: tuple) -> None:
    for _ in range(DATAGRAM_COUNT):
        sender.sendto(DATAGRAM, to)


def receive(receiver: socket.socket, size: int) -> tuple:
    """Takes datagrams until size bytes have come; where they came from."""
    while size > 0:
        got, sender = receiver.recvfrom(1 << 16)
        size -= len(got)
    return sender


def answer(ready: socket.socket, size: int) -> None:
    port = ready.getsockname()[1]
    if port == UP:
        receive_transfer(ready.accept()[0], size)
    elif port == DOWN:
        send_transfer(ready.accept()[0], size)
    elif port == BURSTS:
        send_bursts(ready, receive(ready, len(BURST) * BURST_COUNT))
    else:
        send_large(ready, receive(ready, len(DATAGRAM) * DATAGRAM_COUNT))


def peer(size: int, addresses: list[str]) -> None:
    ready = [socket.create_server((address, port), family=family_of(address))
             for address in addresses for port in (UP, DOWN)]
    ready += [udp(address, port) for address in addresses for port in (BURSTS, LARGE)]
    print("listening", flush=True)
    while True:
        for one in select.select(ready, [], [])[0]:
            answer(one, size)


def talk_to(size: int, source: str, address: str) -> None:
    with socket.create_connection((address, UP), SILENCE_S, (source, 0)) as talk:
        send_transfer(talk, size)
    with socket.create_connection((address, DOWN), SILENCE_S, (source, 0)) as talk:
        receive_transfer(talk, size)
    with udp(source, BURSTS) as bursts:
        send_bursts(bursts, (address, BURSTS))
        receive(bursts, len(BURST) * BURST_COUNT)
    with udp(source, LARGE) as large:
        send_large(large, (address, LARGE))
        receive(large, len(DATAGRAM) * DATAGRAM_COUNT)


if __name__ == "__main__":
    # Between veth devices packets of two processors overtake each other, and an acknowledgement that comes
    # after the end is answered by a reset.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if sys.argv[1] == "peer":
        peer(int(sys.argv[2]), sys.argv[3:])
    else:
        for pair in sys.argv[3:]:
            talk_to(int(sys.argv[2]), *pair.split(","))
