using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace WarehouseImport.Profiles.Merging;

/// <summary>Writes the version column: LEB128 numbers, length-prefixed UTF-8, big-endian GUIDs.</summary>
sealed class CompactWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new(128);

    public void WriteByte(byte value)
    {
        _buffer.GetSpan(1)[0] = value;
        _buffer.Advance(1);
    }

    public void WriteNumber(long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        WriteUnsigned((ulong)value);
    }

    public void WriteSigned(long value) => WriteUnsigned((ulong)((value << 1) ^ (value >> 63)));

    public void WriteFixed(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_buffer.GetSpan(8), value);
        _buffer.Advance(8);
    }

    public void WriteGuid(Guid value)
    {
        value.TryWriteBytes(_buffer.GetSpan(16), bigEndian: true, out _);
        _buffer.Advance(16);
    }

    public void WriteInstant(SourceInstant value)
    {
        WriteSigned(value.Seconds);
        WriteNumber(value.Picoseconds);
    }

    public void WriteText(string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        WriteNumber(length);
        Encoding.UTF8.GetBytes(value, _buffer.GetSpan(length));
        _buffer.Advance(length);
    }

    public byte[] ToArray() => _buffer.WrittenSpan.ToArray();

    private void WriteUnsigned(ulong value)
    {
        while (value >= 0x80)
        {
            WriteByte((byte)(value | 0x80));
            value >>= 7;
        }

        WriteByte((byte)value);
    }
}

/// <summary>Reads what <see cref="CompactWriter"/> wrote.</summary>
sealed class CompactReader(byte[] data)
{
    private int _position;

    public bool IsAtEnd => _position == data.Length;

    public byte ReadByte() => data[_position++];

    public long ReadNumber() => checked((long)ReadUnsigned());

    public long ReadSigned()
    {
        var value = ReadUnsigned();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public ulong ReadFixed()
    {
        var value = BinaryPrimitives.ReadUInt64BigEndian(data.AsSpan(_position));
        _position += 8;
        return value;
    }

    public Guid ReadGuid()
    {
        var value = new Guid(data.AsSpan(_position, 16), bigEndian: true);
        _position += 16;
        return value;
    }

    public SourceInstant ReadInstant() => new(ReadSigned(), ReadNumber());

    public string ReadText()
    {
        var length = (int)ReadNumber();
        var value = Encoding.UTF8.GetString(data, _position, length);
        _position += length;
        return value;
    }

    private ulong ReadUnsigned()
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = data[_position++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }
    }
}
