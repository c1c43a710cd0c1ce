using System.Data.Common;
using WarehouseImport.Profiles;

namespace WarehouseImport.Storage.Relational;

internal static class ReaderExtensions
{
    extension(DbDataReader reader)
    {
        public string? TextOrNull(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

        public Guid? GuidOrNull(int column) => reader.IsDBNull(column) ? null : reader.GetGuid(column);

        public DateTimeOffset Time(int column) => reader.GetFieldValue<DateTimeOffset>(column);

        public DateTimeOffset? TimeOrNull(int column) => reader.IsDBNull(column) ? null : reader.Time(column);

        public byte[] Bytes(int column) => reader.GetFieldValue<byte[]>(column);

        public byte[]? BytesOrNull(int column) => reader.IsDBNull(column) ? null : reader.Bytes(column);

        public SourceInstant? InstantOrNull(int column) => reader.IsDBNull(column) ? null : SourceInstant.Parse(reader.GetString(column));

        public T Name<T>(int column)
            where T : struct, Enum => Enum.Parse<T>(reader.GetString(column));
    }
}
