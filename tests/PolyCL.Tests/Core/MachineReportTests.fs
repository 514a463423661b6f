module PolyCL.Tests.Core.MachineReportTests

open System
open Expecto
open PolyCL.Core

[<Tests>]
let tests =
    testList "Core.MachineReport" [
        testCase "each thing in the way of CUDA has a sentence of its own, with what to do"
        <| fun () ->
            let words devices built (driver: (int * int) option) gpus =
                let version: System.Version | null =
                    match driver with
                    | Some(major, minor) -> System.Version(major, minor)
                    | None -> null

                MachineReport.CudaWords(devices, built, version, gpus)

            let sentences = [
                words 1 true (Some(12, 8)) 1, "available"
                words 0 false None 0, "CPU libtorch"
                words 0 false (Some(12, 8)) 0, "shows no GPU"
                words 0 false (Some(12, 8)) 1, "-p:TorchBackend=cuda"
                words 0 true None 0, "--nv"
                words 0 true (Some(12, 8)) 0, "--gres=gpu:1"
                words 0 true (Some(11, 4)) 1, "CUDA 11.4 at most"
                words 0 true (Some(12, 8)) 1, "cannot use"
            ]

            for sentence, part in sentences do
                Expect.stringContains sentence part "says it"

            Expect.hasLength (List.distinct (List.map fst sentences)) sentences.Length "all different"

        testCase "a look at this machine names the device of a run and, without a driver, no GPU"
        <| fun () ->
            let report = MachineReport.Look()
            Expect.isNotNull report.LibTorch "libtorch loads"
            Expect.isNotNull report.Device "device"

            if isNull report.CudaDriver then
                Expect.isEmpty report.Gpus "GPUs"
                Expect.isEmpty report.Cuda "CUDA devices"
                Expect.notEqual report.CudaState "available" "CUDA"

        testCase "a GPU in one line"
        <| fun () ->
            Expect.equal
                (GpuReport("NVIDIA A100-SXM4-40GB", 42_949_672_960L, "8.0").ToString())
                "NVIDIA A100-SXM4-40GB, 40.0 GiB, compute capability 8.0"
                "line"
    ]

[<Tests>]
let memory =
    testSequenced
    <| testList "Core.PeakMemory" [
        testCase "the peak follows an array that came and went, and begins anew where the system lets it"
        <| fun () ->
            let bytes = 256L <<< 20

            let touch () =
                let block = Array.zeroCreate<byte>(int bytes)

                for at in 0..4096 .. block.Length - 1 do
                    block[at] <- 1uy

                block.Length

            PeakMemory.Forget()
            let before = PeakMemory.Bytes

            if not before.HasValue then
                skiptest "this system does not tell a process's peak"

            Expect.equal (touch ()) (int bytes) "touched"
            let high = PeakMemory.Bytes.Value
            Expect.isGreaterThanOrEqual high (before.Value + bytes / 2L) "the array is in the peak"
            GC.Collect()

            Expect.isGreaterThanOrEqual
                PeakMemory.Bytes.Value
                (high - bytes / 8L)
                "a peak stays when memory is given back"
    ]
