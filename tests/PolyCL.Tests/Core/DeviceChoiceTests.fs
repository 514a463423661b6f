module PolyCL.Tests.Core.DeviceChoiceTests

open System
open Expecto
open PolyCL.Core

let private variables (values: (string * string) list) : Func<string, string | null> =
    let map = Map values

    Func<_, _>(fun name ->
        match map.TryFind name with
        | Some value -> value
        | None -> null)

let private choose name devices values =
    DeviceChoice.Of(name, devices, variables values)

let private refused (words: string) name devices values =
    Expect.throwsC (fun () -> choose name devices values |> ignore) (fun e ->
        Expect.isTrue (e :? ArgumentException) $"type of {e}"
        Expect.stringContains e.Message words "message")

[<Tests>]
let tests =
    testList "Core.DeviceChoice" [
        testCase "without a name it is the CPU, in a Slurm job auto"
        <| fun () ->
            Expect.equal (DeviceChoice.Unnamed(variables [])) "cpu" "on a workstation"
            Expect.equal (DeviceChoice.Unnamed(variables [ "SLURM_JOB_ID", "17" ])) "auto" "in a job"

        testCase "auto is the CPU where torch sees no GPU, else the only one"
        <| fun () ->
            Expect.equal (choose "auto" 0 []) "cpu" "no GPU"
            Expect.equal (choose "auto" 0 [ "SLURM_JOB_ID", "17"; "SLURM_JOB_GPUS", "" ]) "cpu" "a job without GPUs"
            Expect.equal (choose "auto" 1 []) "cuda:0" "one"
            // Slurm shows each task only its own GPU: the number of the task is no index.
            Expect.equal
                (choose "auto" 1 [ "SLURM_LOCALID", "3" ])
                "cuda:0"
                "the fourth task of a node, bound to its GPU"

        testCase "of several GPUs each task of a node takes its own"
        <| fun () ->
            Expect.equal
                [ for task in 0..3 -> choose "auto" 4 [ "SLURM_LOCALID", string task ] ]
                [ "cuda:0"; "cuda:1"; "cuda:2"; "cuda:3" ]
                "four tasks"

            Expect.equal (choose "cuda" 4 [ "SLURM_LOCALID", "2" ]) "cuda:2" "cuda without an index does the same"
            Expect.equal (choose "auto" 4 []) "cuda:0" "outside Slurm the first"
            Expect.equal (choose "cuda:1" 4 [ "SLURM_LOCALID", "2" ]) "cuda:1" "a given index stands"
            Expect.equal (choose "cpu" 4 [ "SLURM_LOCALID", "2" ]) "cpu" "so does the CPU"

        testCase
            "what is not there is refused in one sentence: no CUDA, no such index, GPUs unseen, more tasks than GPUs"
        <| fun () ->
            refused "CUDA is not available" "cuda" 0 []
            refused "CUDA is not available" "cuda:0" 0 []
            refused "has 2 CUDA devices" "cuda:2" 2 []
            refused "SLURM_JOB_GPUS=0,1" "auto" 0 [ "SLURM_JOB_GPUS", "0,1" ]
            refused "--ntasks-per-node=2" "auto" 2 [ "SLURM_LOCALID", "2" ]

        testCase "names"
        <| fun () ->
            for name in [ "cpu"; "cuda"; "cuda:0"; "cuda:15"; "auto" ] do
                Expect.isTrue (DeviceChoice.IsName name) name

            for name in [ ""; "gpu"; "cuda:"; "cuda:-1"; "cuda:+1"; "cuda:1.0"; "CPU" ] do
                Expect.isFalse (DeviceChoice.IsName name) name
    ]
