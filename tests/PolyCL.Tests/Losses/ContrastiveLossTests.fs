module PolyCL.Tests.Losses.ContrastiveLossTests

open System
open System.Collections.Generic
open Expecto
open FsCheck
open FsCheck.FSharp
open PolyCL.Losses
open PolyCL.Tests.Models
open TorchSharp

type private Arrays = IDictionary<string, torch.Tensor>

let private arrays () : Arrays =
    NnFixture.readNpz (NnFixture.path "losses/losses.npz")

let private array name = arrays () |> fun all -> all[name]

let private scalar (name: string) =
    (NnFixture.readJson(NnFixture.path "losses/losses.json").GetProperty "scalars").GetProperty(name).GetDouble()

let private leaf (x: torch.Tensor) = x.detach().clone().requires_grad_ true

/// Value and gradients of a loss at copies of the inputs.
let private differentiate (loss: torch.Tensor list -> torch.Tensor) inputs =
    let leaves = List.map leaf inputs
    let value = loss leaves
    value.backward ()
    value.ToDouble(), leaves |> List.map (fun x -> nonNull x.grad)

let private compare tolerance loss (inputs: string list) expected (gradients: string list) =
    use _ = torch.NewDisposeScope()
    let arrays = arrays ()

    let value, actual =
        inputs |> List.map (fun name -> arrays[name]) |> differentiate loss

    NnFixture.within tolerance (abs (value - expected)) "value"

    for name, gradient in List.zip gradients (List.truncate gradients.Length actual) do
        NnFixture.within tolerance (NnFixture.difference gradient arrays[name]) name

let private polyCl tau (z: torch.Tensor list) =
    ContrastiveLoss.PolyCl(z[0], z[1], z[2], tau)

let private ntXent tau anchorsOnly (z: torch.Tensor list) =
    ContrastiveLoss.NtXent(z[0], z[1], tau, anchorsOnly)

let private supCon tau baseTau anchorsOnly (labels: torch.Tensor) (z: torch.Tensor list) =
    ContrastiveLoss.SupCon(List.toArray z, labels, tau, Nullable<float> baseTau, anchorsOnly)

let private triplet = [ "emb.anchor"; "emb.positive"; "emb.negative" ]
let private pair = [ "emb.anchor"; "emb.positive" ]
let private views case = [ $"{case}.grad_view0"; $"{case}.grad_view1" ]

let private labels () =
    (array "supcon.labels").to_type torch.int64

/// cos(a, b) by plain loops.
let private cosine (a: float[]) (b: float[]) =
    let dot x y =
        Array.fold2 (fun sum p q -> sum + p * q) 0.0 x y

    dot a b / (max (sqrt (dot a a)) 1e-8 * max (sqrt (dot b b)) 1e-8)

let private tensorOf (rows: float[][]) =
    torch.tensor(Array.concat rows).reshape(int64 rows.Length, int64 rows[0].Length)

/// Batches of 2 to 6 embeddings of length 5, three sets of equal size.
let private batches =
    gen {
        let! n = Gen.choose (2, 6)
        let number = Gen.choose (-1000, 1000) |> Gen.map (fun i -> float i / 250.0 + 1e-3)
        return! Gen.arrayOfLength 3 (Gen.arrayOfLength n (Gen.arrayOfLength 5 number))
    }
    |> Arb.fromGen

let private overBatches (body: float[][][] -> unit) =
    Prop.forAll batches body |> Check.QuickThrowOnFailure

let private close what (actual: torch.Tensor) expected =
    NnFixture.within 1e-12 (abs (actual.ToDouble() - expected) / (1.0 + abs expected)) what

let private valueTests = [
    for case, tau, tolerance in
        [
            "tau_inv20", 0.05, 1e-8
            "tau_invN", 1.0 / 6.0, 1e-12
            "tau_half", 0.5, 1e-12
            "tau_1", 1.0, 1e-12
        ] do
        testCase $"PolyCL at {case} equals the authors' in value and gradient"
        <| fun () ->
            compare tolerance (polyCl tau) triplet (scalar $"polycl.{case}.mean") [
                for set in [ "anchor"; "positive"; "negative" ] -> $"polycl.{case}.grad_{set}"
            ]

    for case, tau in [ "tau_invN", 1.0 / 6.0; "tau_0p1", 0.1; "tau_0p5", 0.5 ] do
        testCase $"NT-Xent at {case} equals lightly's"
        <| fun () -> compare 1e-12 (ntXent tau false) pair (scalar $"ntxent.{case}.loss") (views $"ntxent.{case}")

        testCase $"SimCLR with anchors only at {case} equals the authors'"
        <| fun () ->
            compare 1e-12 (ntXent tau true) pair (scalar $"simclr_authors.{case}.loss") [
                $"simclr_authors.{case}.grad_anchor"
                $"simclr_authors.{case}.grad_positive"
            ]

    for case, tau, baseTau, anchorsOnly in
        [
            "two_views.tau_0p07_all", 0.07, 0.07, false
            "two_views.tau_0p1_all", 0.1, 0.07, false
            "two_views.tau_0p1_base_0p1_all", 0.1, 0.1, false
            "two_views.tau_0p1_base_0p1_one", 0.1, 0.1, true
        ] do
        testCase $"SupCon, {case}, equals SupContrast's"
        <| fun () ->
            use labels = labels ()

            compare
                1e-12
                (supCon tau baseTau anchorsOnly labels)
                pair
                (scalar $"supcon.{case}.loss")
                (views $"supcon.{case}")

    testCase "SupCon of one view equals SupContrast's"
    <| fun () ->
        use labels = labels ()

        compare 1e-12 (supCon 0.1 0.1 false labels) [ "emb.anchor" ] (scalar "supcon.one_view.tau_0p1_base_0p1.loss") [
            "supcon.one_view.tau_0p1_base_0p1.grad_view0"
        ]

    testCase "SupCon with all labels different is NT-Xent"
    <| fun () ->
        use labels = torch.arange 6

        compare
            1e-12
            (supCon 0.1 0.1 false labels)
            pair
            (scalar "supcon.no_labels_equals_ntxent.tau_0p1.loss")
            (views "supcon.no_labels_equals_ntxent.tau_0p1")
]

let private perSample tau (sets: torch.Tensor list) = [|
    for i in 0L .. sets[0].shape[0] - 1L -> (sets |> List.map (fun x -> x.narrow (0, i, 1L)) |> polyCl tau).ToDouble()
|]

let private extremeTests = [
    testCase "a zero vector has similarity 0 and a finite gradient, as the authors'"
    <| fun () ->
        use _ = torch.NewDisposeScope()
        let anchor = (array "emb.anchor").clone()
        anchor[3L].zero_() |> ignore
        let sets = [ anchor; array "emb.positive"; array "emb.negative" ]
        let tau = 1.0 / 6.0
        let expected = (array "polycl.zero_anchor_row3.per_sample").data<float>().ToArray()

        for actual, wanted in Array.zip (perSample tau sets) expected do
            NnFixture.within 1e-12 (abs (actual - wanted)) "per anchor"

        let _, gradients = differentiate (polyCl tau) sets
        let wanted = array "polycl.zero_anchor_row3.grad_anchor"

        for row in 0L .. 5L do
            let scale = wanted[row].abs().max().ToDouble()
            let error = (gradients[0][row] - wanted[row]).abs().max().ToDouble()
            NnFixture.within 1e-12 (error / max scale 1.0) $"gradient of row {row}"

    testCase "τ = 1/128 stays finite in float32, where the literal form overflows"
    <| fun () ->
        use _ = torch.NewDisposeScope()
        let tau = 1.0 / 128.0
        let wanted = (array "polycl.tau_inv128.stable_float64").data<float>().ToArray()

        for dtype, tolerance in [ torch.float64, 1e-12; torch.float32, 1e-5 ] do
            let sets = triplet |> List.map (fun name -> (array name).to_type dtype)

            for actual, expected in Array.zip (perSample tau sets) wanted do
                NnFixture.within tolerance (abs (actual - expected) / (1.0 + abs expected)) $"{dtype}"

        let naive = (array "polycl.tau_inv128.naive_float32").data<float>().ToArray()
        Expect.exists naive (fun x -> not (Double.IsFinite x)) "the reference overflows here"

    testCase "identical positive and negative cost ln 2"
    <| fun () ->
        use z = torch.rand (4L, 8L, torch.float64)
        use loss = ContrastiveLoss.PolyCl(z, z, z, 0.05)
        close "ln 2" loss (log 2.0)

    testCase "opposite vectors at τ = 1/128 cost 2/τ, equal ones 0"
    <| fun () ->
        use _ = torch.NewDisposeScope()
        let z = torch.rand (4L, 8L, torch.float64)
        close "opposite" (ContrastiveLoss.PolyCl(z, z.neg (), z, 1.0 / 128.0)) 256.0
        NnFixture.within 1e-60 (ContrastiveLoss.PolyCl(z, z, z.neg (), 1.0 / 128.0).ToDouble()) "equal"

    testCase "all vectors zero: every loss and gradient is finite"
    <| fun () ->
        use _ = torch.NewDisposeScope()
        let zeros () = torch.zeros (4L, 8L)
        let labels = torch.tensor [| true; false; true; false |]

        for loss, sets in [ polyCl 0.05, 3; ntXent 0.05 false, 2; supCon 0.05 0.05 false labels, 2 ] do
            let value, gradients = differentiate loss (List.init sets (fun _ -> zeros ()))
            Expect.isTrue (Double.IsFinite value) "value"

            for gradient in gradients do
                Expect.isTrue (gradient.isfinite().all().ToBoolean()) "gradient"

    testCase "one pair has nothing to tell apart: NT-Xent is 0; an anchor without positives adds 0 to SupCon"
    <| fun () ->
        use _ = torch.NewDisposeScope()
        let z = torch.rand (1L, 8L, torch.float64)
        close "NT-Xent" (ContrastiveLoss.NtXent(z, z.neg (), 0.1)) 0.0
        let many = torch.rand (3L, 8L, torch.float64)
        close "SupCon" (ContrastiveLoss.SupCon([| many |], torch.arange 3, 0.1)) 0.0

    testCase "bfloat16 embeddings are computed in float32"
    <| fun () ->
        use _ = torch.NewDisposeScope()
        let half = torch.rand(4L, 8L).to_type torch.bfloat16
        let full = half.to_type torch.float32
        let negative = full.flip 0L
        let ours = ContrastiveLoss.PolyCl(half, half, negative.to_type torch.bfloat16, 0.05)
        Expect.equal ours.dtype torch.float32 "format"
        Expect.equal (ours.ToSingle()) (ContrastiveLoss.PolyCl(full, full, negative, 0.05).ToSingle()) "value"
]

let private propertyTests = [
    testCase "PolyCL equals the paper's equation 4 written out in loops"
    <| fun () ->
        overBatches (fun sets ->
            use _ = torch.NewDisposeScope()
            let tau = 0.5

            let expected =
                Array.zip3 sets[0] sets[1] sets[2]
                |> Array.averageBy (fun (z, p, n) ->
                    let like, unlike = exp (cosine z p / tau), exp (cosine z n / tau)
                    -log(like / (like + unlike)))

            close "eq. 4" (sets |> Array.map tensorOf |> List.ofArray |> polyCl tau) expected)

    testCase "SupCon equals its equation written out in loops"
    <| fun () ->
        overBatches (fun sets ->
            use _ = torch.NewDisposeScope()
            let tau = 0.3
            let all = Array.append sets[0] sets[1]
            let n = sets[0].Length
            let label i = (i % n) % 2

            let rowLoss i =
                let others = [ for a in 0 .. 2 * n - 1 -> a ] |> List.except [ i ]
                let logSum = others |> List.sumBy (fun a -> exp (cosine all[i] all[a] / tau)) |> log
                let positives = others |> List.filter (fun a -> label a = label i)
                -(positives |> List.averageBy (fun p -> cosine all[i] all[p] / tau - logSum))

            let expected = Array.init (2 * n) rowLoss |> Array.average
            let labels = torch.tensor (Array.init n (label >> int64))
            let views = [ tensorOf sets[0]; tensorOf sets[1] ]
            close "eq. 2" (supCon tau tau false labels views) expected)

    testCase "the order of the batch and the length of embeddings do not matter"
    <| fun () ->
        overBatches (fun sets ->
            use _ = torch.NewDisposeScope()
            let original = sets |> Array.map tensorOf |> List.ofArray
            let n = sets[0].Length
            let changed = original |> List.map (fun x -> x.flip(0L).mul(2.5.ToScalar()))
            let labels = torch.tensor (Array.init n (fun i -> int64 (i / 2)))
            let changedLabels = labels.flip 0L

            let same (loss: torch.Tensor list -> torch.Tensor) other =
                close "loss" (other changed) ((loss original).ToDouble())

            same (polyCl 0.2) (polyCl 0.2)
            same (List.truncate 2 >> ntXent 0.2 false) (List.truncate 2 >> ntXent 0.2 false)
            same (List.truncate 2 >> ntXent 0.2 true) (List.truncate 2 >> ntXent 0.2 true)
            same (supCon 0.2 0.1 false labels) (supCon 0.2 0.1 false changedLabels))

    testCase "NT-Xent is symmetric in its views"
    <| fun () ->
        overBatches (fun sets ->
            use _ = torch.NewDisposeScope()
            let a, b = tensorOf sets[0], tensorOf sets[1]
            close "swapped" (ContrastiveLoss.NtXent(a, b, 0.1)) (ContrastiveLoss.NtXent(b, a, 0.1).ToDouble()))
]

let private refusalTests = [
    for what, part, call in
        [
            "rows differ", "[3, 8]", fun (z: torch.Tensor) -> ContrastiveLoss.PolyCl(z, torch.zeros (3L, 8L), z, 0.1)
            "a third dimension", "[4, 8, 1]", (fun z -> ContrastiveLoss.NtXent(z.unsqueeze -1L, z, 0.1))
            "no rows",
            "[0, 8]",
            (fun z -> let none = z.narrow (0, 0L, 0L) in ContrastiveLoss.PolyCl(none, none, none, 0.1))
            "formats differ", "Float64", (fun z -> ContrastiveLoss.NtXent(z, z.to_type torch.float64, 0.1))
            "integers", "Int64", (fun z -> let i = z.to_type torch.int64 in ContrastiveLoss.NtXent(i, i, 0.1))
            "temperature 0", "temperature is 0", (fun z -> ContrastiveLoss.PolyCl(z, z, z, 0.0))
            "too few labels", "give 4 integers", (fun z -> ContrastiveLoss.SupCon([| z |], torch.arange 3, 0.1))
            "no views", "views is empty", (fun z -> ContrastiveLoss.SupCon([||], torch.arange z.shape[0], 0.1))
        ] do
        testCase $"{what}: refused before torch sees it"
        <| fun () ->
            use _ = torch.NewDisposeScope()

            Expect.throwsC (fun () -> call (torch.ones (4L, 8L)) |> ignore) (fun e ->
                Expect.isTrue (e :? ArgumentException) "type"
                Expect.stringContains e.Message part "message")
]

let private liveTests = [
    testCase "a loss leaves one tensor alive: its value"
    <| fun () ->
        use z = torch.rand (4L, 8L)
        use labels = torch.arange 4

        let grown (call: unit -> torch.Tensor) =
            let before = DisposeScopeManager.Statistics.ThreadTotalLiveCount
            use loss = call ()
            DisposeScopeManager.Statistics.ThreadTotalLiveCount - before

        Expect.equal (grown (fun () -> ContrastiveLoss.PolyCl(z, z, z, 0.1))) 1L "PolyCL"
        Expect.equal (grown (fun () -> ContrastiveLoss.NtXent(z, z, 0.1))) 1L "NT-Xent"
        Expect.equal (grown (fun () -> ContrastiveLoss.NtXent(z, z, 0.1, true))) 1L "anchors only"
        Expect.equal (grown (fun () -> ContrastiveLoss.SupCon([| z; z |], labels, 0.1))) 1L "SupCon"
        Expect.isFalse z.IsInvalid "the argument lives"
]

[<Tests>]
let tests =
    testList "Losses.ContrastiveLoss" (valueTests @ extremeTests @ propertyTests @ refusalTests @ liveTests)
