# SPDX-License-Identifier: Apache-2.0
"""The connections between nodes, one relay for each direction, so that a test can stop what one node says to another.

A node sends on the connection that it dialled and reads the ones it accepted, so a relay in front of node B that only
node A is told of carries what A says to B and nothing else. A link that is held is silent, as a network that drops
packets is: nothing closes, and what was under way arrives when it is let go.
"""

import selectors
import socket
import threading

# A relay takes no more than this from one side before the other has taken it.
BUFFER_BYTES = 1 << 18


class Link:
    """What one node says to another. hold() and release() may be called from any thread."""

    def __init__(self, relays, port):
        self.port = port  # where the sender is told to connect
        self.held = False
        self._relays = relays

    def hold(self):
        self.held = True
        self._relays.wake()

    def release(self):
        self.held = False
        self._relays.wake()


class _Pair:
    """Two sockets of one connection, and what was read from each and not yet written to the other."""

    def __init__(self, link, near, far):
        self.link = link
        self.waiting = {near: bytearray(), far: bytearray()}  # by whom it is for
        self.ended = set()  # sides that said all they had to say
        self.near, self.far = near, far

    def other(self, side):
        return self.far if side is self.near else self.near


class Relays:
    """A thread that carries bytes for all links of a cluster."""

    def __init__(self):
        self._selector = selectors.DefaultSelector()
        self._pairs = {}  # socket -> _Pair
        self._listeners = {}  # socket -> (Link, target)
        self._bell, self._button = socket.socketpair()
        self._bell.setblocking(False)
        self._button.setblocking(False)
        self._selector.register(self._bell, selectors.EVENT_READ)
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="relays", daemon=True)
        self._thread.start()

    def link(self, target):
        """A new link to the port `target` of this machine."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        listener.setblocking(False)
        made = Link(self, listener.getsockname()[1])
        self._listeners[listener] = (made, target)
        self.wake()
        return made

    def wake(self):
        try:
            self._button.send(b"!")
        except BlockingIOError:
            pass  # it rings already

    def close(self):
        self._closing = True
        self.wake()
        self._thread.join()

    def _run(self):
        while not self._closing:
            self._watch()
            for key, events in self._selector.select():
                if key.fileobj is self._bell:
                    self._bell.recv(4096)
                elif key.fileobj in self._listeners:
                    self._accept(key.fileobj)
                elif key.fileobj in self._pairs:
                    self._carry(key.fileobj, events)
        for each in [*self._pairs, *self._listeners, self._bell, self._button]:
            each.close()

    def _watch(self):
        """Looks only at what may go on: a held link neither accepts, reads nor writes."""
        for listener in list(self._listeners):
            self._want(listener, 0 if self._listeners[listener][0].held else selectors.EVENT_READ)
        for side, pair in self._pairs.items():
            wanted = 0
            if not pair.link.held:
                if side not in pair.ended and len(pair.waiting[pair.other(side)]) < BUFFER_BYTES:
                    wanted |= selectors.EVENT_READ
                if pair.waiting[side]:
                    wanted |= selectors.EVENT_WRITE
            self._want(side, wanted)

    def _want(self, side, events):
        known = self._selector.get_map().get(side)
        if known is None:
            if events:
                self._selector.register(side, events)
        elif not events:
            self._selector.unregister(side)
        elif known.events != events:
            self._selector.modify(side, events)

    def _accept(self, listener):
        link, target = self._listeners[listener]
        near, _ = listener.accept()
        try:
            far = socket.create_connection(("127.0.0.1", target), timeout=5)
        except OSError:
            near.close()  # as a node that does not run answers
            return
        for side in (near, far):
            side.setblocking(False)
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pair = _Pair(link, near, far)
        self._pairs[near] = self._pairs[far] = pair

    def _carry(self, side, events):
        pair = self._pairs[side]
        try:
            if events & selectors.EVENT_WRITE:
                del pair.waiting[side][:side.send(pair.waiting[side])]
            if events & selectors.EVENT_READ:
                data = side.recv(1 << 16)
                pair.waiting[pair.other(side)] += data
                if not data:
                    pair.ended.add(side)
        except BlockingIOError:
            return
        except OSError:
            self._drop(pair)
            return
        # Who has ended is told once the other has been given everything.
        if any(not pair.waiting[pair.other(ended)] for ended in pair.ended):
            self._drop(pair)

    def _drop(self, pair):
        for side in (pair.near, pair.far):
            self._want(side, 0)
            del self._pairs[side]
            side.close()
