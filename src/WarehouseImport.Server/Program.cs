using WarehouseImport.Server.Cli;

return await CommandLine.InvokeAsync(args);
