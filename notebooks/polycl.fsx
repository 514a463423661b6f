// Loads PolyCL into a script: #load "polycl.fsx". Build first: dotnet build -c Release src/PolyCL.FSharp
#I "../src/PolyCL.FSharp/bin/Release/net10.0"
#r "TorchSharp.dll"
#r "Deedle.dll"
#r "DynamicObj.dll"
#r "Plotly.NET.dll"
#r "PolyCL.Lib.dll"
#r "PolyCL.FSharp.dll"
