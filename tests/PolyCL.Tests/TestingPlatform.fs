/// Hands the Expecto tests to `dotnet test`: names for discovery, and the outcome of each test as it comes.
module PolyCL.Tests.TestingPlatform

open System
open System.Threading.Tasks
open Expecto
open Expecto.Impl
open Microsoft.Testing.Platform.Builder
open Microsoft.Testing.Platform.Capabilities.TestFramework
open Microsoft.Testing.Platform.Extensions
open Microsoft.Testing.Platform.Extensions.Messages
open Microsoft.Testing.Platform.Extensions.TestFramework
open Microsoft.Testing.Platform.Requests

let private name (test: FlatTest) = String.concat "." test.name

type private Framework(tests: Test) =

    let node (name: string) (property: IProperty) =
        TestNode(Uid = TestNodeUid name, DisplayName = name, Properties = PropertyBag property)

    let publish (producer: IDataProducer) (context: ExecuteRequestContext) (node: TestNode) =
        context.MessageBus.PublishAsync(producer, TestNodeUpdateMessage(context.Request.Session.SessionUid, node))

    let discover producer context =
        task {
            for test in Test.toTestCodeList tests do
                do! publish producer context (node (name test) DiscoveredTestNodeStateProperty.CachedInstance)
        }

    let wanted (filter: ITestExecutionFilter) =
        match filter with
        | :? TestNodeUidListFilter as list ->
            let uids = set [ for uid in list.TestNodeUids -> uid.Value ]
            tests |> Test.filter "." (fun names -> uids.Contains(String.concat "." names))
        | _ -> tests

    let run producer context (filter: ITestExecutionFilter) =
        let ended name (property: IProperty) (time: TimeSpan) =
            async {
                let result = node name property
                let finish = DateTimeOffset.UtcNow
                result.Properties.Add(TimingProperty(TimingInfo(finish - time, finish, time)))
                do! publish producer context result |> Async.AwaitTask
            }

        let printers = {
            TestPrinters.silent with
                passed = fun name time -> ended name PassedTestNodeStateProperty.CachedInstance time
                ignored = fun name reason -> ended name (SkippedTestNodeStateProperty reason) TimeSpan.Zero
                failed = fun name message time -> ended name (FailedTestNodeStateProperty message) time
                exn = fun name error time -> ended name (ErrorTestNodeStateProperty(error, error.Message)) time
        }

        Task.Run(fun () ->
            runTestsWithCLIArgs [ Printer printers; No_Spinner ] [||] (wanted filter)
            |> ignore)

    interface IExtension with
        member _.Uid = "PolyCL.Tests"
        member _.Version = "1.0.0"
        member _.DisplayName = "Expecto"
        member _.Description = "Runs the Expecto tests of this program."
        member _.IsEnabledAsync() = Task.FromResult true

    interface IDataProducer with
        member _.DataTypesProduced = [| typeof<TestNodeUpdateMessage> |]

    interface ITestFramework with
        member _.CreateTestSessionAsync _ =
            Task.FromResult(CreateTestSessionResult(IsSuccess = true))

        member _.CloseTestSessionAsync _ =
            Task.FromResult(CloseTestSessionResult(IsSuccess = true))

        member this.ExecuteRequestAsync context =
            task {
                match context.Request with
                | :? DiscoverTestExecutionRequest -> do! discover this context
                | :? RunTestExecutionRequest as request -> do! run this context request.Filter
                | _ -> ()

                context.Complete()
            }

type private Capabilities() =
    interface ITestFrameworkCapabilities with
        member _.Capabilities = [||]

/// Whether `dotnet test` started this program; people get Expecto's own command line.
let isAskedFor (arguments: string list) = List.contains "--server" arguments

/// Serves one request of `dotnet test`; gives the platform's exit code: 0, or 2 when a test failed.
let run (arguments: string list) =
    let tests = testFromThisAssembly () |> Option.defaultValue (testList "none" [])

    let work =
        task {
            let! builder = TestApplication.CreateBuilderAsync(Array.ofList arguments)

            builder.RegisterTestFramework((fun _ -> Capabilities()), (fun _ _ -> Framework tests))
            |> ignore

            use! application = builder.BuildAsync()
            return! application.RunAsync()
        }

    work.GetAwaiter().GetResult()
