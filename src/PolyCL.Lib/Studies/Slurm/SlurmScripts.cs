using System.Globalization;
using System.Text;

namespace PolyCL.Studies.Slurm;

/// <summary>Writes the two scripts: the one that submits, and the one that every task runs.</summary>
internal static class SlurmScripts
{
    /// <summary>The script that submits the arrays of a plan and notes their ids.</summary>
    public static string Submit(SlurmPlan plan, SlurmOptions options, string title, int submission)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $$"""
            #!/bin/bash
            # {{title}}
            # Submits what is missing: {{plan.Arrays.Sum(array => array.Tasks.Count)}} tasks in {{Counted(plan.Arrays.Count, "array")}}. Written by "polycl study slurm"; change its options and call it again
            # rather than this file. What each task is stands in {{SlurmFolder.TasksName}}, what it does in {{SlurmFolder.TaskName}}, and Slurm's ids go to {{SlurmFolder.SubmittedName}}.
            set -euo pipefail
            cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
            submission={{submission}}

            if cut -f 1 {{SlurmFolder.SubmittedName}} 2>/dev/null | grep -qx "$submission"; then
                echo "submit.sh: submitted already; call 'polycl study slurm' again for what is still missing." >&2
                exit 1
            fi
            command -v sbatch >/dev/null || { echo "submit.sh: there is no sbatch here; call it on a machine of the cluster." >&2; exit 1; }
            mkdir -p {{SlurmFolder.LogsName}}

            # submit STAGE FIRST INDICES OPTION...: submits, notes the id and sets it. Task number = FIRST + index; FIRST is for stages larger than an array may be.
            submit() {
                local stage=$1 first=$2 indices=$3
                shift 3
                id=$(sbatch --parsable --job-name="polycl-$stage" --kill-on-invalid-dep=yes "$@" {{SlurmFolder.TaskName}} "$stage" "$first")
                id=${id%%;*}
                printf '%s\t%s\t%s\t%s\t%s\n' "$submission" "$id" "$stage" "$first" "$indices" >> {{SlurmFolder.SubmittedName}}
                echo "$stage: job $id"
            }

            options=({{ShellText.Words(options.Training)}})

            """);
        if (plan.MakesData)
        {
            text.Append(CultureInfo.InvariantCulture, $"""

                # Generates or reads the scans, audits them and makes their slices, once, for all.
                submit {SlurmArray.DataStage} 0 0 {ShellText.Words(options.Data)}{(options.Data.Count > 0 ? " " : "")}--output={SlurmFolder.LogsName}/{SlurmArray.DataStage}.log
                data=$id

                """);
        }

        foreach (var array in plan.Arrays)
        {
            Append(text, array, plan, options);
        }

        return text.ToString();
    }

    /// <summary>The script that every task runs.</summary>
    public static string Task(SlurmCommand command, SlurmOptions options, string title) => string.Create(CultureInfo.InvariantCulture, $$"""
        #!/bin/bash
        #SBATCH --requeue
        #SBATCH --open-mode=append
        #SBATCH --signal=B:USR1@{{options.SignalSeconds}}
        #
        # {{title}}
        # One task: task.sh STAGE FIRST, called by submit.sh through sbatch. Before the time limit Slurm sends USR1: the program saves its state and ends
        # with exit code 75, and the task puts itself back into the queue. After the failure of a node Slurm does that by itself. Either way the
        # next turn goes on from the saved state.
        set -uo pipefail

        stage=$1
        number=$(($2 + ${SLURM_ARRAY_TASK_ID:-0}))

        # The program runs beside this script, which passes signals on to it. Making data cannot be cut in two, so it uses its time to the end.
        child=
        signal=
        if [ "$stage" = {{SlurmArray.DataStage}} ]; then trap '' USR1; else trap 'signal=USR1; [ -z "$child" ] || kill -USR1 "$child"' USR1; fi
        trap 'signal=TERM; [ -z "$child" ] || kill -TERM "$child"' TERM

        work={{ShellText.Word(command.WorkingFolder)}}
        polycl=({{command.Program}})
        study=({{ShellText.Words(command.Study)}})
        turns=100    # a task that is not done after so many is given up
        {{(command.Scratch is { } scratch ? $"scratch={ShellText.WithVariables(scratch)}\n" : "")}}
        jobs=()
        while IFS=$'\t' read -r of place label; do
            if [ "$of" = "$stage" ] && [ "$place" = "$number" ]; then jobs+=(--job "$label"); fi
        done < {{SlurmFolder.TasksName}}
        if [ "$stage" = {{SlurmArray.DataStage}} ]; then
            words=(data)
        elif [ ${#jobs[@]} -gt 0 ]; then
            words=(run "${jobs[@]}"{{(command.Scratch is null ? "" : " --scratch \"$scratch\"")}})
        else
            echo "task.sh: {{SlurmFolder.TasksName}} has no task $number of stage $stage; call 'polycl study slurm' again." >&2
            exit 2
        fi

        turn=$((${SLURM_RESTART_COUNT:-0} + 1))
        echo "== $stage $number on ${SLURMD_NODENAME:-$HOSTNAME}, turn $turn, $(date '+%F %T')"
        cd -- "$work" || exit 2
        {{string.Concat(command.Setup.Select(line => line + "\n"))}}
        "${polycl[@]}" study "${words[@]}" "${study[@]}" &
        child=$!
        [ -z "$signal" ] || kill "-$signal" "$child"    # it came before there was a program
        signal=again
        while [ -n "$signal" ]; do    # a signal cuts waiting short
            signal=
            wait "$child"
            code=$?
        done
        echo "== exit code $code, $(date '+%F %T')"

        # 138: the signal came before the program could listen.
        if [ "$code" = 75 ] || [ "$code" = 138 ]; then
            if [ "$turn" -ge "$turns" ]; then
                echo "task.sh: not done after $turn turns; give a longer time limit." >&2
            else
                echo "== back into the queue"
                scontrol requeue "${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_}${SLURM_ARRAY_TASK_ID:-$SLURM_JOB_ID}"
            fi
        fi
        exit "$code"

        """);

    private static void Append(StringBuilder text, SlurmArray array, SlurmPlan plan, SlurmOptions options)
    {
        var waits = array.After is { } after ? $"each waits for the task of the same index in {after.Name}"
            : array.Dependency is not null ? "they wait for tasks submitted earlier"
            : plan.MakesData ? "they wait for the data"
            : "they wait for nothing";
        var dependency = array.After is { } needed ? $" --dependency=\"aftercorr:${needed.Name}\""
            : array.Dependency is { } earlier ? $" --dependency={earlier}"
            : plan.MakesData ? " --dependency=\"afterok:$data\""
            : "";
        var limit = options.MaxParallel is { } tasks ? string.Create(CultureInfo.InvariantCulture, $"%{tasks}") : "";
        text.Append(CultureInfo.InvariantCulture, $"""

            # {Meaning(array.Tasks[0])}: {Counted(array.Tasks.Count, "task")}; {waits}.
            submit {array.Stage} {array.First} {array.Indices} "${"{options[@]}"}" --array={array.Indices}{limit} --output={SlurmFolder.LogsName}/{LogName(array)}-%a.log{dependency}

            """);
        if (plan.Arrays.Any(other => other.After == array))
        {
            text.Append(CultureInfo.InvariantCulture, $"{array.Name}=$id\n");
        }
    }

    /// <summary>A task keeps its log in all submissions.</summary>
    private static string LogName(SlurmArray array) => array.First == 0 ? array.Stage : string.Create(CultureInfo.InvariantCulture, $"{array.Stage}-{array.First}");

    private static string Meaning(SlurmTask task) => task.Jobs[0].Kind switch
    {
        StudyJobKind.Pretrain => "Pre-trainings",
        StudyJobKind.FineTune when task.After is null => "Trainings from scratch",
        StudyJobKind.FineTune => "Fine-tunings",
        var kind => $"Jobs '{kind.ToString().ToLowerInvariant()}'",
    } + (task.Jobs.Count > 1 ? ", each with what only needs it" : "");

    private static string Counted(int count, string word) => string.Create(CultureInfo.InvariantCulture, $"{count} {word}{(count == 1 ? "" : "s")}");
}
