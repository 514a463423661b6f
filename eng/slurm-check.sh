#!/usr/bin/env bash
# Runs a quick study of Table 1 on a real Slurm of three nodes on this machine, with faults, and compares the table with that of one process.
# Usage, as root: eng/slurm-check.sh [FOLDER]   (default: a new temporary folder, removed at the end). Needs the .NET SDK; installs Slurm and
# munge from Debian packages when they are absent. Everything it starts ends with it. Takes about four minutes on 2 cores.
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

# Running tasks: "JOB_INDEX NODE STAGE".
running() { squeue -h -r -t R -o '%F_%K %N %j'; }
is_running() { running | grep -q "^$1 "; }
is_over() { [ "$(state_of "$1")" != RUNNING ]; }
queue_is_empty() { [ -z "$(squeue -h)" ]; }
node_is_empty() { [ -z "$(squeue -h -w "$1")" ]; }
state_of() { squeue -h -r -t all -j "${1%_*}" -o '%F_%K %T' | awk -v task="$1" '$1 == task { print $2 }'; }

# Whether a node takes tasks; one that Slurm keeps out although it registered is let in.
is_up() {
    sinfo -h -n "$1" -o %T | grep -qx 'idle\|mixed\|allocated' || { scontrol update nodename="$1" state=resume 2>/dev/null; return 1; }
}

# The task that does a job, as JOB_INDEX, by the job's label.
task_of() {
    local stage index
    IFS=$'\t' read -r stage index _ < <(grep -h "	$1\$" "$work"/slurm/slurm/*/tasks.tsv)
    awk -F '\t' -v stage="$stage" -v index_="$index" '$3 == stage { job = $2 } END { print job "_" index_ }' "$work"/slurm/slurm/*/submitted.tsv
}

# All processes of a task, by their environment: the script first, then the program.
processes_of() {
    local environ
    for environ in /proc/[0-9]*/environ; do
        if grep -qsz "^SLURM_CONF=$SLURM_CONF\$" "$environ" && grep -qsz "^SLURM_ARRAY_JOB_ID=${1%_*}\$" "$environ" && grep -qsz "^SLURM_ARRAY_TASK_ID=${1#*_}\$" "$environ"; then
            environ=${environ#/proc/}
            echo "${environ%/environ}"
        fi
    done | sort -n
}

program_of() {
    local pid
    for pid in $(processes_of "$1"); do
        if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = polycl ]; then echo "$pid"; fi
    done
}

# The folder of the run on which a task works: the one whose claim its program holds open.
run_of() {
    local pid
    pid=$(program_of "$1")
    [ -z "$pid" ] || find "/proc/$pid/fd" -lname '*/.claim.*' -printf '%l\n' 2>/dev/null | grep -v /stores/ | head -1 | sed 's|/[^/]*$||'
}

saved_step() { head -c 100000 "$1/checkpoint.safetensors" | grep -aom 1 'u0022step.u0022:[0-9]*' | grep -o '[0-9]*$'; }

# Whether SIGUSR1, bit 10 of the mask, waits for a process that stands still.
has_signal() { [ $((0x$(awk '/^ShdPnd/ { print $2 }' "/proc/$1/status") & 0x200)) != 0 ]; }

# Makes a task that is in the middle of a training, with some steps saved, stand still, so that it cannot end before what is done to it.
hold() {
    local run
    run=$(run_of "$1")
    [ -n "$run" ] && [ -f "$run/checkpoint.safetensors" ] && kill -STOP "$(program_of "$1")" 2>/dev/null
}

wait_for() { # WHAT COMMAND...
    local what=$1 tries=1200
    shift
    until "$@"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || { say "gave up waiting: $what"; squeue -r; exit 1; }
        sleep 0.7
    done
}

# Holds any task on another node than $1 and prints "TASK NODE".
hold_elsewhere() {
    local task node
    while read -r task node _; do
        if [ "$node" != "$1" ] && hold "$task"; then
            echo "$task $node"
            return 0
        fi
    done < <(running)
    return 1
}

polycl() { "$program" "$@"; }
submit() { polycl study slurm "${study[@]}" --results "$work/slurm" --time 30 --signal-seconds 60 --max-parallel 3 --submit; }

install_slurm
dotnet build "$repository/src/PolyCL.Cli" -c Release -v quiet
program="$repository/src/PolyCL.Cli/bin/Release/net10.0/polycl"
trap stop_cluster EXIT
start_cluster
cd "$work"

say "submit"
submit
polycl study status "${study[@]}" --results "$work/slurm"

# What is to be harmed later waits until then, since a fast machine would be done with it.
for label in "pre-train U-Net, PolyCL-M" "pre-train TransUNet, PolyCL-M" "fine-tune U-Net, SimCLR" "fine-tune ResU-Net, PolyCL-S"; do
    scontrol hold "$(task_of "$label, seed 1")"
done

say "fault 1: a time limit is reached"
task=$(task_of "fine-tune TransUNet, seed 1")
wait_for "$task to train" hold "$task"
pid=$(program_of "$task")
say "$task: its limit becomes one minute after step $(saved_step "$(run_of "$task")")"
scontrol update jobid="$task" timelimit=1
wait_for "Slurm's signal" has_signal "$pid"
kill -CONT "$pid"
wait_for "$task to go back" is_over "$task"
say "$task is $(state_of "$task") again: $(grep -h 'exit code' "$work"/slurm/slurm/*/logs/scratch-"${task#*_}".log)"
scontrol update jobid="$task" timelimit=30

say "fault 2: kill -9 of a run"
task=$(task_of "pre-train U-Net, PolyCL-M, seed 1")
scontrol release "$task"
wait_for "$task to train" hold "$task"
say "$task: the program is killed after step $(saved_step "$(run_of "$task")")"
kill -9 "$(program_of "$task")"
wait_for "$task to end" is_over "$task"
sleep 3
say "$task is $(state_of "$task"); $(task_of "fine-tune U-Net, PolyCL-M, seed 1"), which needs it, is $(state_of "$(task_of "fine-tune U-Net, PolyCL-M, seed 1")")"

say "fault 3: scontrol requeue"
task=$(task_of "pre-train TransUNet, PolyCL-M, seed 1")
scontrol release "$task"
wait_for "$task to train" hold "$task"
say "$task: requeued by the administrator after step $(saved_step "$(run_of "$task")")"
pid=$(program_of "$task")
scontrol requeue "$task"
kill -CONT "$pid" 2>/dev/null || true

say "fault 4: a node is drained"
for label in "fine-tune U-Net, SimCLR" "fine-tune ResU-Net, PolyCL-S"; do
    scontrol release "$(task_of "$label, seed 1")"
done
wait_for "a training" hold_elsewhere none > "$base/found"
read -r task node < "$base/found"
scontrol update nodename="$node" state=drain reason="slurm-check"
say "$node drains while it runs $task: $(sinfo -N -h -o '%N %T' | paste -sd ';')"

say "fault 5: a node fails"
wait_for "a training on another node" hold_elsewhere "$node" > "$base/found"
kill -CONT "$(program_of "$task")"
read -r lost other < "$base/found"
say "$other dies while it runs $lost, after step $(saved_step "$(run_of "$lost")")"
victims=$(processes_of "$lost")
kill -9 "$(cat "$base/slurmd.$other.pid")" "$(ps -o ppid= -p "${victims%%$'\n'*}" | tr -d ' ')"    # first slurmd and slurmstepd, so that nothing is told to slurmctld
echo "$victims" | xargs kill -9 2>/dev/null || true
scontrol update nodename="$other" state=down reason="slurm-check"
say "$lost is $(state_of "$lost") again"

wait_for "$node to be empty" node_is_empty "$node"
say "$node is drained: $task is $(state_of "$task"); nodes: $(sinfo -N -h -o '%N %T' | paste -sd ';')"
start_node "$other"
scontrol update nodename="$node" state=resume
wait_for "$other to come back" is_up "$other"
say "nodes: $(sinfo -N -h -o '%N %T' | paste -sd ';')"

say "waiting for the queue to become empty"
wait_for "the queue" queue_is_empty
polycl study status "${study[@]}" --results "$work/slurm"

say "submit what is missing"
submit
wait_for "the queue" queue_is_empty
polycl study status "${study[@]}" --results "$work/slurm"
polycl study slurm "${study[@]}" --results "$work/slurm"

say "a study of more than a thousand runs: 19 rows, 70 seeds, held"
many=(--table 1 --profile quick --repeats 70 --results "$work/many")
polycl study slurm "${many[@]}" --sbatch=--hold --submit | grep -v '^sacct'
say "Slurm has taken $(squeue -h -r | wc -l) tasks; what a second submission finds: $(polycl study slurm "${many[@]}" | grep ' tasks: ')"
scancel --user="$(id -un)"
wait_for "the queue" queue_is_empty

say "the logs of the tasks"
(cd "$work"/slurm/slurm/*/logs && grep -H '^==' ./*.log)
limits=$(grep -h -c 'exit code 75' "$work"/slurm/slurm/*/logs/*.log | awk '{ n += $1 } END { print n }')
say "time limits reached: $limits"

say "the same study by one process"
polycl study run "${study[@]}" --results "$work/alone" --quiet > /dev/null
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
