"""A Ray cluster of two nodes on this machine, one of which can be killed."""

from __future__ import annotations


class Cluster:
    """A head with one core for one replica, and a worker node with another."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster as RayCluster

        self.ray = RayCluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        self.worker = self.ray.add_node(num_cpus=1)
        self.ray.wait_for_nodes()
        self.address = self.ray.address

    def lose_worker(self, *, replace: bool = True) -> None:
        """Kill the worker node's processes, then bring a new one."""
        self.ray.remove_node(self.worker, allow_graceful=False)
        if replace:
            self.replace_worker()

    def replace_worker(self) -> None:
        self.worker = self.ray.add_node(num_cpus=1)
