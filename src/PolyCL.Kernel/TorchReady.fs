/// Cells call torch without PolyCL's networks between, so the machine's arithmetic is looked at as soon as a cell loads torch.
module internal PolyCL.Kernel.TorchReady

open System
open System.Threading
open PolyCL.Arithmetic

let private look () =
    try
        MachineArithmetic.Use ArithmeticChoice.Checked
    with error ->
        // The cell may do without the arithmetic that is wrong; who calls PolyCL's networks is refused there.
        Console.Error.WriteLine $"torch on this machine: {error.Message}"

/// Checks the arithmetic, or reads the answer this machine has kept, and leaves libtorch's NNPACK off, before torch's first operation.
let check () =
    // A stop may wake the cell's thread; torch must not be woken while it loads.
    let worker = Thread(look, IsBackground = true, Name = "torch")
    worker.Start()
    let mutable woken = false
    let mutable waits = true

    while waits do
        try
            worker.Join()
            waits <- false
        with :? ThreadInterruptedException ->
            woken <- true

    if woken then
        Thread.CurrentThread.Interrupt()
