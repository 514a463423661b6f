module PolyCL.Tests.Sam.Video.MemoryChoiceTests

open Expecto
open PolyCL.Sam.Video
open PolyCL.Tests.Sam
open PolyCL.Tests.Sam.Video.VideoFixture

/// The reference's choices of one pass, by slice: memories with their entry of the temporal table, pointers with their distance.
let private stored (case: Case) (pass: string) =
    [
        for entry in ((SamFixture.json $"{case.Folder}/bank.json").GetProperty pass).EnumerateObject() do
            let pairs (list: string) (second: string) = [
                for item in (entry.Value.GetProperty list).EnumerateArray() ->
                    (item.GetProperty "frame").GetInt32(), (item.GetProperty second).GetInt32()
            ]

            int entry.Name,
            (pairs "memory" "tpos_enc_index",
             pairs "pointers" "distance",
             (entry.Value.GetProperty "t_diff_max").GetInt32())
    ]
    |> Map

let private ours (case: Case) reverse slice (tracked: Set<int>) =
    let choice =
        MemoryChoice.Of(slice, reverse, case.Prompted, case.Count, fun s -> tracked.Contains s)

    [ for m in choice.Memories -> m.Slice, m.TemporalIndex ],
    [ for p in choice.Pointers -> p.Slice, p.Distance ],
    MemoryChoice.FarthestPointer case.Count

let private forward (case: Case) = [ case.Prompted + 1 .. case.Count - 1 ]

[<Tests>]
let tests =
    testList "Sam.Video.MemoryChoice" [
        for case in [ videoCase; longCase ] do
            testCase $"{case.Folder}: both passes look up what the reference looks up"
            <| fun () ->
                let check pass reverse slices before =
                    let expected = stored case pass
                    Expect.equal (List.length slices) expected.Count $"{pass}: slices"

                    List.fold
                        (fun known slice ->
                            Expect.equal (ours case reverse slice known) expected[slice] $"{pass} {slice}"
                            Set.add slice known)
                        before
                        slices

                let known = check "forward" false (forward case) Set.empty
                check "reverse" true [ case.Prompted - 1 .. -1 .. 0 ] known |> ignore

        testCase "dropping what no pass reaches changes no choice, in either order, over 60 slices"
        <| fun () ->
            let case = {
                videoCase with
                    Prompted = 25
                    Count = 60
            }

            let forward, reverse = forward case, [ case.Prompted - 1 .. -1 .. 0 ]

            let passes = [ [ false, forward; true, reverse ]; [ true, reverse; false, forward ] ]

            for order in passes do
                let mutable all = Set.empty
                let mutable memories = Set.empty
                let mutable pointers = Set.empty
                let mutable most = 0

                order
                |> List.iteri (fun number (reverse, slices) ->
                    for slice in slices do
                        let wanted =
                            MemoryChoice.Of(slice, reverse, case.Prompted, case.Count, fun s -> all.Contains s)

                        let found =
                            MemoryChoice.Of(slice, reverse, case.Prompted, case.Count, fun s -> pointers.Contains s)

                        Expect.sequenceEqual found.Memories wanted.Memories $"{slice}"
                        Expect.sequenceEqual found.Pointers wanted.Pointers $"{slice}"

                        for memory in Seq.tail found.Memories do
                            Expect.isTrue (memories.Contains memory.Slice) $"{slice}: memory of {memory.Slice} is kept"

                        all <- all.Add slice
                        let next = (if reverse then slice - 1 else slice + 1), reverse

                        let left =
                            next
                            :: [ for other, later in List.skip (number + 1) order -> List.head later, other ]

                        let reached memory (kept: Set<int>) =
                            kept.Add slice
                            |> Set.filter (fun s ->
                                left |> List.exists (fun (n, r) -> MemoryChoice.Reaches(n, r, s, memory)))

                        memories <- reached true memories
                        pointers <- reached false pointers
                        most <- max most memories.Count)

                Expect.isLessThanOrEqual most 13 "memories kept at once"
    ]
