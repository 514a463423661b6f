module PolyCL.Tests.Core.ClaimTests

open System
open System.Diagnostics
open System.IO
open System.Threading
open Expecto
open PolyCL.Core
open PolyCL.Tests

let private noExpiry = Nullable<TimeSpan>()

let private take path =
    let claim, _ = Claim.TryTake(path, noExpiry)
    Option.ofObj claim

let private free path = take path |> Option.iter _.Dispose()

/// The claims of eight threads that try at the same moment.
let private race path =
    let won = Array.zeroCreate<Claim option> 8
    use barrier = new Barrier(won.Length)

    won
    |> Array.mapi (fun i _ ->
        let thread =
            Thread(fun () ->
                barrier.SignalAndWait()
                won[i] <- take path)

        thread.Start()
        thread)
    |> Array.iter _.Join()

    Array.choose id won

/// Far longer than any test takes, so that no pause of the machine makes an owner silent.
let private day = 86_400.0

/// A claim file as its owner would have written it a while ago.
let private plant (path: string) (number: int) (owner: ClaimOwner) (silentFor: float) =
    let file = $"{path}.{number}"
    File.WriteAllText(file, SettingsJson.ToLine owner + "\n")
    File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddSeconds -silentFor)

let private elsewhere =
    ClaimOwner(Host = "node-7 pid:[1]", Pid = 4711, Started = DateTime.UnixEpoch, ExpirySeconds = day)

/// A process of this machine that has ended.
let private ended () =
    use child = nonNull (Process.Start(ProcessStartInfo("sleep", "60")))
    let owner = ClaimOwner.Me(TimeSpan.FromDays 1)
    let started = child.StartTime.ToUniversalTime()
    child.Kill()
    child.WaitForExit()
    ClaimOwner(Host = owner.Host, Pid = child.Id, Started = started, ExpirySeconds = day)

let private inFolder body =
    TestData.withTempFolder (fun folder -> body (Path.Combine(folder, ".claim")))

[<Tests>]
let tests =
    testList "Core.Claim" [
        testCase "of many that try at once one gets it, and the next when it is given back"
        <| fun () ->
            inFolder (fun path ->
                for round in 1..20 do
                    let won = race path
                    Expect.hasLength won 1 $"round {round}"
                    won |> Array.iter _.Dispose())

        testCase "of many that find a dead owner one takes over, round after round"
        <| fun () ->
            inFolder (fun path ->
                let mutable generation = 0

                for round in 1..20 do
                    // The owner of the last round dies: its file stays as it was.
                    generation <- generation + 1
                    plant path generation elsewhere (2.0 * day)
                    let won = race path
                    Expect.hasLength won 1 $"round {round}"
                    generation <- generation + 1
                    Expect.isTrue (File.Exists $"{path}.{generation}") "the next number"
                    Expect.isFalse (File.Exists $"{path}.{generation - 1}") "the dead owner's file is cleared away"
                    won |> Array.iter _.Dispose())

        testCase "an owner on another machine keeps it while it shows life, and loses it after its silence"
        <| fun () ->
            inFolder (fun path ->
                plant path 1 elsewhere 0.0
                Expect.isNone (take path) "silent for less than it promised"
                Expect.equal (Claim.HolderOf path) "process 4711 on node-7" "holder"
                plant path 1 elsewhere (2.0 * day)
                Expect.isNull (Claim.HolderOf path) "free"
                Expect.isSome (take path) "silent for longer")

        testCase "an owner of this machine that has ended loses it at once"
        <| fun () ->
            inFolder (fun path ->
                plant path 1 (ended ()) 0.0
                let claim = take path
                Expect.isSome claim "taken over"
                claim.Value.Dispose())

        testCase "a process that has the id of an ended one is not taken for it"
        <| fun () ->
            inFolder (fun path ->
                let me = ClaimOwner.Me(TimeSpan.FromDays 1)
                plant path 1 me 0.0
                Expect.isNone (take path) "it is this one"

                plant
                    path
                    1
                    (ClaimOwner(Host = me.Host, Pid = me.Pid, Started = me.Started.AddDays -1.0, ExpirySeconds = day))
                    0.0

                Expect.isSome (take path) "that one began a day before this one")

        testCase "an owner that was only asleep learns that it lost, and cannot touch the new claim"
        <| fun () ->
            inFolder (fun path ->
                let first = (take path).Value
                first.ThrowIfLost()
                File.SetLastWriteTimeUtc($"{path}.1", DateTime.UtcNow.AddMinutes -5.0)
                let second = (take path).Value
                Expect.throwsT<RunStateException> first.ThrowIfLost "lost"
                first.Dispose()
                second.ThrowIfLost()
                Expect.isNone (take path) "the second still holds it"
                second.Dispose()
                Expect.isSome (take path) "free again")

        testCase "a held claim shows life without its owner's doing"
        <| fun () ->
            inFolder (fun path ->
                let claim, _ = Claim.TryTake(path, TimeSpan.FromSeconds 0.6)
                use _ = nonNull claim
                let old = DateTime.UtcNow.AddMinutes -5.0
                File.SetLastWriteTimeUtc($"{path}.1", old)

                let rewritten () =
                    File.GetLastWriteTimeUtc $"{path}.1" > old.AddMinutes 1.0

                Expect.isTrue (SpinWait.SpinUntil(rewritten, TimeSpan.FromMinutes 20L)) "rewritten")

        testCase "finished work leaves no file"
        <| fun () ->
            inFolder (fun path ->
                free path
                let claim = (take path).Value
                claim.Finish()
                Expect.isEmpty (Directory.GetFiles(nonNull (Path.GetDirectoryName path))) "files")

        testCase "an empty claim file is one that is just being made; an old one is nobody's"
        <| fun () ->
            inFolder (fun path ->
                File.WriteAllText($"{path}.1", "")
                File.SetLastWriteTimeUtc($"{path}.1", DateTime.UtcNow.AddDays 1.0)
                Expect.isNone (take path) "just made"
                File.SetLastWriteTimeUtc($"{path}.1", DateTime.UtcNow.AddMinutes -5.0)
                Expect.isSome (take path) "left by a process that died while making it")
    ]
