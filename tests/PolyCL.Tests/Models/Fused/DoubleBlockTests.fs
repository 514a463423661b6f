/// The fused double block against the plain one: same weights, same masks, values and gradients.
module PolyCL.Tests.Models.Fused.DoubleBlockTests

open Expecto
open PolyCL.Models
open PolyCL.Models.Fused
open PolyCL.Tests.Models
open TorchSharp

type private Case = {
    Images: int64
    Height: int64
    Width: int64
    Deep: int
    Skip: int
    Out: int
    Dropout: float
    Pool: bool
}

let private case images height width deep skip out dropout pool = {
    Images = images
    Height = height
    Width = width
    Deep = deep
    Skip = skip
    Out = out
    Dropout = dropout
    Pool = pool
}

// Widths beside the tiles of twelve, six and four pixels, strips of fewer than 16 rows, several channel groups, one channel.
let private cases = [
    case 2L 32L 32L 1 0 16 0.25 true
    case 1L 2L 2L 16 0 16 0.0 false
    case 3L 4L 6L 16 0 32 0.5 true
    case 2L 18L 14L 32 0 16 0.25 true
    case 1L 34L 26L 16 0 80 0.25 false
    case 2L 10L 8L 96 0 112 0.0 true
    case 2L 12L 16L 32 16 16 0.25 false
    case 1L 20L 40L 16 48 32 0.25 false
    case 1L 4L 4L 80 16 16 0.0 false
]

let private name c =
    let source =
        if c.Skip = 0 then
            $"{c.Deep}"
        else
            $"{c.Deep} doubled + {c.Skip}"

    let pool = if c.Pool then " with pool" else ""
    $"[{c.Images}, {source}, {c.Height}, {c.Width}] to {c.Out}, dropout {c.Dropout}{pool}"

let private block kernels precision c =
    torch.manual_seed 3L |> ignore
    let key = DropoutKey()
    key.Set(11L, 5L)
    key.NextPass()

    let options =
        UNetOptions(Kernels = kernels, Precision = precision, Dropout = c.Dropout)

    new ConvBlock(c.Deep + c.Skip, c.Out, options, key, 4)

/// Values, pooled values, and the gradients to inputs and weights, of a weighted sum of all outputs.
let private run kernels precision (dtype: torch.ScalarType) c =
    use scope = torch.NewDisposeScope()
    use network = block kernels precision c
    NnFixture.toType dtype network
    torch.manual_seed 4L |> ignore
    let factor = if c.Skip = 0 then 1L else 2L

    let leaf (shape: int64 array) tracked =
        let made = torch.randn(shape).to_type(dtype).detach()
        if tracked then made.requires_grad_ true else made

    let deep =
        leaf [| c.Images; int64 c.Deep; c.Height / factor; c.Width / factor |] (c.Deep > 1)

    let skip = leaf [| c.Images; int64 (max c.Skip 1); c.Height; c.Width |] true

    let weight =
        torch.randn([| c.Images; int64 c.Out; c.Height; c.Width |]).to_type dtype

    let poolWeight =
        torch.randn([| c.Images; int64 c.Out; c.Height / 2L; c.Width / 2L |]).to_type dtype

    let values, pooled =
        if c.Skip > 0 then
            network.Joined(deep, skip), None
        elif c.Pool then
            let struct (values, pooled) = network.WithPool deep
            values, Some pooled
        else
            network.call deep, None

    let loss =
        match pooled with
        | None -> (values * weight).sum()
        | Some pooled -> (values * weight).sum() + (pooled * poolWeight).sum()

    loss.backward ()

    [
        "values", Some values
        "pooled", pooled
        "input gradient", (if c.Deep > 1 then deep.grad |> Option.ofObj else None)
        "skip gradient", (if c.Skip > 0 then skip.grad |> Option.ofObj else None)
        for struct (name, parameter) in network.named_parameters () do
            if name.EndsWith "weight" then
                $"{name} gradient", parameter.grad |> Option.ofObj
    ]
    |> List.choose (fun (name, found) -> found |> Option.map (fun (t: torch.Tensor) -> name, t))
    |> List.map (fun (name, t) -> name, t.detach().to_type(torch.float64).cpu().clone().DetachFromDisposeScope())

let private largestDifference (actual: torch.Tensor) (expected: torch.Tensor) =
    use _ = torch.NewDisposeScope()
    Expect.equal actual.shape expected.shape "shape"

    (actual - expected).abs().max().ToDouble()
    / (1e-30 + expected.abs().max().ToDouble())

let private relativeNorm (actual: torch.Tensor) (expected: torch.Tensor) =
    use _ = torch.NewDisposeScope()
    (actual - expected).norm().ToDouble() / (1e-30 + expected.norm().ToDouble())

let private compare difference valueTolerance gradientTolerance actual expected =
    List.iter2
        (fun (name: string, ours: torch.Tensor) (otherName, theirs: torch.Tensor) ->
            Expect.equal name otherName "order"

            let tolerance =
                if name.Contains "gradient" then
                    gradientTolerance
                else
                    valueTolerance

            Expect.isLessThan (difference ours theirs) tolerance name
            ours.Dispose()
            theirs.Dispose())
        actual
        expected

[<Tests>]
let tests =
    testSequenced
    <| testList "Models.Fused.DoubleBlock" [
        for c in cases do
            testCase $"float32 equals the plain block in float64: {name c}"
            <| fun () ->
                run UNetKernels.Fused ComputePrecision.Full torch.float32 c
                |> compare largestDifference 1e-5 1e-4
                <| run UNetKernels.Plain ComputePrecision.Full torch.float64 c

        for c in cases do
            testCase $"bfloat16 stays within its rounding of float64: {name c}"
            <| fun () ->
                // One rounding is 2^-9 of a value, and a value takes a few of them. In the gradient, rounding also moves about 0.3 % of the
                // elements across 0, where Leaky ReLU's slope jumps by 0.8: √0.003 · 0.8 = 4 % of the norm, twice.
                run UNetKernels.Fused ComputePrecision.BFloat16 torch.float32 c
                |> compare relativeNorm 1.5e-2 1e-1
                <| run UNetKernels.Plain ComputePrecision.Full torch.float64 c

        testCase "a channel whose mean is a thousand deviations keeps its digits"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let c = case 1L 32L 32L 16 0 16 0.0 false
            use fused = block UNetKernels.Fused ComputePrecision.Full c
            use plain = block UNetKernels.Plain ComputePrecision.Full c
            NnFixture.toType torch.float64 plain
            // Weights that see the middle pixel only: no border, and the output is the input, far from 0.
            use _ = torch.no_grad ()

            for network in [ fused; plain ] do
                for struct (name, parameter) in network.named_parameters () do
                    parameter.zero_ () |> ignore

                    if name.EndsWith "weight" then
                        for channel in 0L .. 15L do
                            parameter[channel, channel, 1L, 1L].fill_(1.0.ToScalar()) |> ignore

            let input = torch.randn ([| 1L; 16L; 32L; 32L |]) + 1000.0.ToScalar()
            let ours = fused.call(input).to_type torch.float64
            let theirs = plain.call (input.to_type torch.float64)
            // The second norm sees unit deviations; the first one's input was rounded at 1000 · 2^-24 in neither path.
            Expect.isLessThan (largestDifference ours theirs) 1e-4 "values"

        testCase "without gradients the same bits come out and only the output stays in memory"
        <| fun () ->
            let c = case 2L 32L 32L 16 0 32 0.25 false
            use network = block UNetKernels.Fused ComputePrecision.Full c
            torch.manual_seed 4L |> ignore
            use input = torch.randn ([| 2L; 16L; 32L; 32L |])
            use tracked = network.call input
            let before = TensorPool.UsedBytes

            use untracked =
                use _ = torch.no_grad ()
                network.call input

            Expect.equal (TensorPool.UsedBytes - before) (2L * 32L * 32L * 32L * 4L) "bytes of the output"
            Expect.isTrue (tracked.equal(untracked).all().ToBoolean()) "bits"

        testCase "an input that the kernels cannot take goes the plain way"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let weight (o: int64) (i: int64) = torch.zeros (o, i, 3L, 3L)

            let fits (input: torch.Tensor) o i =
                BlockCall.Fits(input, null, weight o i, weight o o)

            Expect.isTrue (fits (torch.zeros (1L, 16L, 4L, 4L)) 16L 16L) "16 channels"
            Expect.isTrue (fits (torch.zeros (1L, 1L, 4L, 4L)) 16L 1L) "grey"
            Expect.isFalse (fits (torch.zeros (1L, 8L, 4L, 4L)) 16L 8L) "8 channels"
            Expect.isFalse (fits (torch.zeros (1L, 16L, 4L, 4L)) 24L 16L) "24 channels out"
            Expect.isFalse (fits (torch.zeros (1L, 16L, 5L, 4L)) 16L 16L) "odd height"
            Expect.isFalse (fits (torch.zeros (1L, 1L, 4L, 4L, requires_grad = true)) 16L 1L) "gradient to the image"
            Expect.isFalse (fits (torch.zeros (1L, 16L, 4L, 4L, dtype = torch.float64)) 16L 16L) "float64"

        testCase "shapes that disagree never reach the kernels: torch throws"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let map (channels: int64) size = torch.zeros (1L, channels, size, size)
            let weight (o: int64) (i: int64) = torch.zeros (o, i, 3L, 3L)

            for what, input, skip, weight1, weight2 in
                [
                    "fewer channels in", map 16L 4L, None, weight 16L 32L, weight 16L 16L
                    "more channels in", map 32L 4L, None, weight 16L 16L, weight 16L 16L
                    "grey into 16", map 1L 4L, None, weight 16L 16L, weight 16L 16L
                    "16 into grey", map 16L 4L, None, weight 16L 1L, weight 16L 16L
                    "skip too narrow", map 16L 2L, Some(map 16L 4L), weight 16L 48L, weight 16L 16L
                    "second not of the first", map 16L 4L, None, weight 16L 16L, weight 32L 32L
                    "second not square", map 16L 4L, None, weight 16L 16L, weight 16L 32L
                    "5×5", map 16L 4L, None, torch.zeros (16L, 16L, 5L, 5L), weight 16L 16L
                ] do
                Expect.isFalse (BlockCall.Fits(input, Option.toObj skip, weight1, weight2)) what

            Expect.isTrue
                (BlockCall.Fits(map 16L 2L, map 32L 4L, weight 16L 48L, weight 16L 16L))
                "a skip map that belongs"

            for maps, weight in
                [
                    map 16L 4L, torch.zeros (1L, 32L, 1L, 1L)
                    map 32L 4L, torch.zeros (1L, 16L, 1L, 1L)
                    map 16L 4L, torch.zeros (2L, 16L, 1L, 1L)
                    map 16L 4L, torch.zeros (1L, 16L, 3L, 3L)
                    torch.zeros (16L, 16L), torch.zeros (1L, 16L, 1L, 1L)
                ] do
                Expect.isFalse (HeadFunction.Fits(maps, weight)) $"head {maps.shape} by {weight.shape}"

            Expect.isTrue (HeadFunction.Fits(map 16L 4L, torch.zeros (1L, 16L, 1L, 1L))) "a head that belongs"

            for deep, channels in [ 32, 16L; 16, 32L; 16, 1L ] do
                use network =
                    block UNetKernels.Fused ComputePrecision.Full (case 1L 4L 4L deep 0 16 0.0 false)

                Expect.throwsC (fun () -> network.call (map channels 4L) |> ignore) (fun e ->
                    Expect.isTrue (e :? System.Runtime.InteropServices.ExternalException) $"type of {e}")
    ]
