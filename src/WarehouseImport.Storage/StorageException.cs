namespace WarehouseImport.Storage;

/// <summary>The database cannot be used as it is: wrong file, wrong settings, or a schema this version does not know.</summary>
public sealed class StorageException : Exception
{
    public StorageException(string message)
        : base(message)
    {
    }

    public StorageException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
