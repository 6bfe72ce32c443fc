#!/usr/bin/env bash
# The recipe of sky_t1_node.sh on a Ray cluster: as many replicas of TP GPUs as fit, checks on every node.
#
#   RAY_ADDRESS=10.0.0.1:6379 TP=4 MODEL=Qwen/QwQ-32B-Preview DATA=/shared/data examples/sky_t1_ray.sh
#
# Start the cluster first (docs/scaling.md shows SLURM and Kubernetes). DATA must be on a disk of the machine that runs
# this script, and every node must have access to the model. After an interruption, run the same command again.
set -euo pipefail
cd "$(dirname "$0")/.."

export TP=${TP:-4}
export RAY_ADDRESS=${RAY_ADDRESS:?set it to the address of the cluster, for example 10.0.0.1:6379}
export EXTRA="--backend ray --ray-address $RAY_ADDRESS ${EXTRA:-}"
export CHECK_EXTRA="--check-on-cluster --ray-address $RAY_ADDRESS ${CHECK_EXTRA:-}"
exec examples/sky_t1_node.sh
