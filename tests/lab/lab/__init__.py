"""A small laboratory: nodes in network namespaces on one bridge, real daemons in them, and eyes on the wire.

Nothing here sleeps for correctness: everything waits for a condition, with a deadline.
"""

from lab.daemon import PEERS, Bfdd, Daemon, Haproxy, Keepalived, Nginx, Standfast
from lab.network import Network, Node, run
from lab.packets import Advert, KernelChanges, Sniffer, judge
from lab.prober import Prober
from lab.programs import TOP, program
from lab.visitor import Visitor
from lab.wait import eventually, hold

__all__ = ["Advert", "Bfdd", "Daemon", "Haproxy", "Keepalived", "KernelChanges", "Network", "Nginx", "Node", "PEERS", "Prober",
           "Sniffer", "Standfast", "TOP", "Visitor", "eventually", "hold", "judge", "program", "run"]
