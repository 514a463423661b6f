#!/usr/bin/env bash
# Runs a quick study of Table 1 on a real Slurm of three nodes on this machine, with faults, and compares the table with that of one process.
# Usage, as root: eng/slurm-check.sh [FOLDER]   (default: a new temporary folder, removed at the end). Needs the .NET SDK; installs Slurm and
# munge from Debian packages when they are absent. Everything it starts ends with it. Takes about ten minutes on 2 cores.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[ "$(id -u)" = 0 ] || { echo "slurm-check: must be root, since it starts Slurm's daemons." >&2; exit 2; }
base=${1:-$(mktemp -d)}
base=$(mkdir -p "$base" && cd "$base" && pwd)
work="$base/a folder"    # the blank is meant: paths may hold one
mkdir -p "$work"
port=17100
rows=(--row U-Net --row "U-Net, PolyCL-M" --row "U-Net, SimCLR" --row "ResU-Net, PolyCL-S" --row TransUNet --row "TransUNet, PolyCL-M")
study=(--table 1 --profile quick "${rows[@]}" --threads 1)
export SLURM_CONF="$base/slurm.conf"
export OMP_WAIT_POLICY=PASSIVE

say() { echo "$(date +%T) $*"; }

install_slurm() {
    if ! command -v slurmctld slurmd munged sbatch >/dev/null; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends slurmctld slurmd slurm-client munge >/dev/null
    fi
}

start_node() {
    slurmd -N "$1"
}

start_cluster() {
    local host
    host=$(hostname)
    mkdir -p "$base/munge" "$base/state" "$base/log"
    chmod 755 "$base" "$base/munge"
    head -c 1024 /dev/urandom > "$base/munge/key"
    chmod 400 "$base/munge/key"
    munged --force --key-file="$base/munge/key" --socket="$base/munge/socket" --pid-file="$base/munge/pid" --log-file="$base/munge/log" --seed-file="$base/munge/seed"
    cat > "$SLURM_CONF" <<CONF
ClusterName=polycl
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
# The short life of credentials lets a requeued task begin after seconds rather than two minutes.
AuthInfo=socket=$base/munge/socket,cred_expire=5
StateSaveLocation=$base/state
SlurmdSpoolDir=$base/spool.%n
SlurmctldPidFile=$base/slurmctld.pid
SlurmdPidFile=$base/slurmd.%n.pid
SlurmctldLogFile=$base/log/slurmctld.log
SlurmdLogFile=$base/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
KillWait=10
MinJobAge=3600
NodeName=node[1-3] NodeHostname=$host NodeAddr=127.0.0.1 Port=[$((port + 1))-$((port + 3))] CPUs=1 RealMemory=1000
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
    slurmctld -c
    for node in node1 node2 node3; do
        mkdir -p "$base/spool.$node"
        start_node "$node"
    done
    until [ "$(sinfo -h -t idle -o %D)" = 3 ]; do sleep 1; done
    say "cluster: $(slurmctld -V), nodes $(sinfo -h -o '%N %T')"
}

stop_cluster() {
    scancel --user="$(id -un)" 2>/dev/null || true
    for file in "$base"/slurmd.*.pid "$base/slurmctld.pid" "$base/munge/pid"; do
        if [ -s "$file" ]; then kill "$(cat "$file")" 2>/dev/null || true; fi
    done
    sleep 2
    say "cluster stopped"
    [ -n "${KEEP:-}" ] || rm -rf "$base"
}

# The process of the program that does a job, by its label; the folder of results, given on the same command line, makes it one of ours.
process_of() { pgrep -f "polycl.* study run .*--job $1.*--results $work/slurm" | head -1; }

# Running tasks: "JOB_INDEX NODE STAGE".
running() { squeue -h -r -t R -o '%F_%K %N %j'; }

wait_for() { # WHAT COMMAND...
    local what=$1 tries=600
    shift
    until "$@"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || { say "gave up waiting: $what"; squeue -r; exit 1; }
        sleep 0.5
    done
}

# Whether a job is in the middle of its training: its process is there and has saved a state since the time of file $2.
trains() {
    [ -n "$(process_of "$1")" ] && [ -n "$(find "$work/slurm" -name checkpoint.safetensors -newer "$2" 2>/dev/null)" ]
}

is_running() { running | grep -q " polycl-$1\$"; }
queue_is_empty() { [ -z "$(squeue -h)" ]; }
node_of() { running | awk -v stage="polycl-$1" '$3 == stage { print $2; exit }'; }
task_of() { running | awk -v stage="polycl-$1" '$3 == stage { print $1; exit }'; }
state_of() { squeue -h -r -t all -j "${1%_*}" -o '%F_%K %T' | awk -v task="$1" '$1 == task { print $2 }'; }

polycl() { "$program" "$@"; }
submit() { polycl study slurm "${study[@]}" --results "$work/slurm" --time 1 --signal-seconds 10 --submit; }

install_slurm
dotnet build "$repository/src/PolyCL.Cli" -c Release -v quiet
program="$repository/src/PolyCL.Cli/bin/Release/net10.0/polycl"
trap stop_cluster EXIT
start_cluster
cd "$work"

say "submit"
submit
polycl study status "${study[@]}" --results "$work/slurm"

say "fault 1: kill -9 of a pre-training"
mark="$base/mark"
touch "$mark"
wait_for "the first pre-training" trains "pre-train U-Net, PolyCL-M" "$mark"
kill -9 "$(process_of "pre-train U-Net, PolyCL-M")"
say "killed; the task ends as failed, and what needs it leaves the queue"

say "fault 2: scontrol requeue of a running task"
wait_for "the pre-training of TransUNet" trains "pre-train TransUNet, PolyCL-M" "$mark"
task=$(squeue -h -r -t R -n polycl-pretrain -o '%F_%K' | tail -1)
scontrol requeue "$task"
say "requeued $task"

say "fault 3: a node drained"
wait_for "a training from scratch" is_running scratch
task=$(task_of scratch)
node=$(node_of scratch)
scontrol update nodename="$node" state=drain reason="slurm-check"
say "$node drains: $task ends there, nothing new begins"
sinfo -N -h -o '%N %T'

say "fault 4: a node fails"
wait_for "a running task elsewhere" is_running "\(pretrain\|finetune\)"
read -r task other _ < <(running | grep -v " $node " | grep -v scratch | head -1)
say "$other runs $task and dies"
touch "$mark"
kill -9 "$(cat "$base/slurmd.$other.pid")"
for pid in $(grep -lsz "^SLURMD_NODENAME=$other\$" /proc/[0-9]*/environ | grep -o '[0-9]*'); do
    if grep -qsz "^SLURM_CONF=$SLURM_CONF\$" "/proc/$pid/environ"; then kill -9 "$pid" 2>/dev/null || true; fi
done
scontrol update nodename="$other" state=down reason="slurm-check"
say "$task is $(state_of "$task")"
wait_for "$node to be empty" test -z "$(squeue -h -w "$node")"
scontrol update nodename="$node" state=resume
start_node "$other"
scontrol update nodename="$other" state=resume
sinfo -N -h -o '%N %T'

say "waiting for the queue to become empty"
wait_for "the queue" queue_is_empty
polycl study status "${study[@]}" --results "$work/slurm"

say "submit what is missing"
submit
wait_for "the queue" queue_is_empty
polycl study status "${study[@]}" --results "$work/slurm"
polycl study slurm "${study[@]}" --results "$work/slurm"

say "the logs of the tasks"
(cd "$work"/slurm/slurm/*/logs && grep -H '^==' ./*.log)
limits=$(grep -h -c 'exit code 75' "$work"/slurm/slurm/*/logs/*.log | awk '{ n += $1 } END { print n }')
say "time limits reached: $limits"

say "the same study by one process"
polycl study run "${study[@]}" --results "$work/alone" --quiet
for way in slurm alone; do
    polycl study export "${study[@]}" --results "$work/$way" --format json --out "$work/$way.json" --quiet
done
[ "$limits" -gt 0 ] || { say "no task reached its time limit"; exit 1; }
if cmp "$work/slurm.json" "$work/alone.json"; then
    say "equal: the tables of Slurm's runs and of one process are the same, byte for byte ($(sha256sum < "$work/slurm.json" | cut -c 1-12))"
else
    say "DIFFERENT tables"
    exit 1
fi
