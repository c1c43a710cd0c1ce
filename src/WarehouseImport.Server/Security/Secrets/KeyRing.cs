using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using WarehouseImport.Storage;

namespace WarehouseImport.Server.Security.Secrets;

/// <summary>Keeps the framework's key ring in the product's own database.</summary>
internal sealed class KeyRingRepository(IKeyRingStore store) : IXmlRepository
{
    // The framework asks synchronously, once at start and about once a day.
    public IReadOnlyCollection<XElement> GetAllElements() => [.. store.ListAsync(CancellationToken.None).GetAwaiter().GetResult().Select(xml => XElement.Parse(xml))];

    public void StoreElement(XElement element, string friendlyName) =>
        store.AddAsync(element.ToString(SaveOptions.DisableFormatting), CancellationToken.None).GetAwaiter().GetResult();
}

/// <summary>Wraps each key of the ring by AES-256-GCM under the wrapping key.</summary>
internal sealed class KeyRingEncryptor(WrappingKey wrappingKey) : IXmlEncryptor
{
    public const string ElementName = "wrappedKey";
    public const int NonceBytes = 12;
    public const int TagBytes = 16;

    public EncryptedXmlInfo Encrypt(XElement plaintextElement)
    {
        var plain = Encoding.UTF8.GetBytes(plaintextElement.ToString(SaveOptions.DisableFormatting));
        var wrapped = new byte[NonceBytes + plain.Length + TagBytes];
        var nonce = wrapped.AsSpan(0, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(wrappingKey.Bytes, TagBytes);
        aes.Encrypt(nonce, plain, wrapped.AsSpan(NonceBytes, plain.Length), wrapped.AsSpan(NonceBytes + plain.Length));
        CryptographicOperations.ZeroMemory(plain);
        return new EncryptedXmlInfo(new XElement(ElementName, Convert.ToBase64String(wrapped)), typeof(KeyRingDecryptor));
    }
}

/// <summary>Named in the stored key ring, so its name and constructor are part of the stored format.</summary>
internal sealed class KeyRingDecryptor(IServiceProvider services) : IXmlDecryptor
{
    public XElement Decrypt(XElement encryptedElement)
    {
        var wrapped = Convert.FromBase64String(encryptedElement.Value).AsSpan();
        var cipher = wrapped[KeyRingEncryptor.NonceBytes..^KeyRingEncryptor.TagBytes];
        var plain = new byte[cipher.Length];
        using var aes = new AesGcm(services.GetRequiredService<WrappingKey>().Bytes, KeyRingEncryptor.TagBytes);
        aes.Decrypt(wrapped[..KeyRingEncryptor.NonceBytes], cipher, wrapped[^KeyRingEncryptor.TagBytes..], plain);
        return XElement.Parse(Encoding.UTF8.GetString(plain));
    }
}
