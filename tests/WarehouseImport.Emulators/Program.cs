using WarehouseImport.Emulators.Cli;

return await EmulatorCommands.Create().Parse(args).InvokeAsync();
